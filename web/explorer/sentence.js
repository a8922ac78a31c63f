/**
 * What a transaction did, as a sentence: the key of a text, and values that
 * the screen shows as keys, amounts and numbers. Pure.
 *
 * A transaction says its recipe's sentence, as Koii's and Pond's clients put
 * instructions together, else that of its first instruction that is no compute
 * budget, memo or advance of a nonce.
 */
import { isKey } from '../core/base58.js';
import { baseUnits } from '../core/amount.js';
import { hasText } from '../core/text.js';
import { KOII, KPL, readInstruction } from './decode.js';
import { payoutSaid } from './timeline.js';

/**
 * @typedef {{kind: 'key' | 'number' | 'outside' | 'text', value: any} |
 *           {kind: 'amount', value: any, unit?: string, decimals?: number}
 *           } Value
 * text: a key of the texts
 * @typedef {{key: string, values: Record<string, Value>}} Sentence
 * @typedef {import('./decode.js').Instruction} Instruction
 */

/** @param {any} value @returns {Value} */
const key = (value) => ({ kind: 'key', value });
/** @param {any} value @returns {Value} */
const number = (value) => ({ kind: 'number', value });
/** @param {any} value @returns {Value} */
const coins = (value) => ({ kind: 'amount', value });

/**
 * @param {any} transaction of getTransaction, or of a block with all details
 */
export function readTransaction(transaction) {
  const message = transaction?.transaction?.message ?? {};
  /** @type {string[]} */
  const keys = (message.accountKeys ?? []).map((/** @type {any} */ account) =>
    typeof account === 'string' ? account : account.pubkey);
  return {
    keys,
    payer: keys[0] ?? '',
    signatures: transaction?.transaction?.signatures ?? [],
    accounts: message.accountKeys ?? [],
    meta: transaction?.meta ?? {},
    instructions: /** @type {Instruction[]} */(
      (message.instructions ?? []).map(readInstruction)),
  };
}

/** @typedef {ReturnType<typeof readTransaction>} Transaction */

/**
 * @param {Transaction} transaction
 * @param {{faucet?: string}} known
 * @returns {{sentence: Sentence, more: number}} more: instructions of which it
 *   says nothing
 */
export function sentenceOf(transaction, { faucet } = {}) {
  const told = transaction.instructions.filter((one) => !isMinor(one));
  if (!told.length && transaction.instructions.length)
    return { sentence: instructionSentence(transaction.instructions[0],
      transaction), more: transaction.instructions.length - 1 };
  if (!told.length)
    return { sentence: { key: 'did.nothing', values: {} }, more: 0 };
  const recipe = recipeOf(told, transaction, faucet);
  if (recipe)
    return { sentence: recipe, more: 0 };
  return { sentence: instructionSentence(told[0], transaction),
    more: told.length - 1 };
}

/** @param {Instruction} one */
function isMinor({ program, type }) {
  return program === 'budget' || program === 'memo' ||
    program === 'system' && type === 'advanceNonce';
}

// ---- recipes ----

/** What makes or pays an account before it is used. */
const MAKING = ['createAccount', 'createAccountWithSeed', 'transfer', 'allocate',
  'assign', 'allocateWithSeed', 'assignWithSeed', 'transferWithSeed'];

/** @param {Instruction} one */
function isMaking({ program, type }) {
  return program === 'system' && MAKING.includes(type ?? '') ||
    program === 'associated';
}

/** @param {Instruction} one */
function isTask({ program }) {
  return program === 'koii' || program === 'kpl';
}

/**
 * @param {Instruction[]} told
 * @param {Transaction} transaction
 * @param {string | undefined} faucet
 * @returns {Sentence | null}
 */
function recipeOf(told, transaction, faucet) {
  const rest = told.filter((one) => !isMaking(one));
  if (!rest.length)
    return transfersOf(told, faucet);
  if (rest.every(isTask))
    return taskRecipeOf(rest, transaction);
  const [only] = rest;
  const isSent = rest.length === 1 && only.program === 'token' &&
    /^transfer(Checked)?$/.test(only.type ?? '');
  return isSent ? tokensSent(only, transaction) : null;
}

/**
 * @param {Instruction[]} rest
 * @param {Transaction} transaction
 * @returns {Sentence | null}
 */
function taskRecipeOf(rest, transaction) {
  const types = rest.map(({ type }) => type).join(' ');
  const last = rest[rest.length - 1];
  if (rest.length === 1 && last.type !== 'UploadDistributionList')
    return instructionSentence(last, transaction);
  if (types === 'Stake Withdraw ClaimReward')
    return { key: 'did.recipe.empty', values: {
      a: key(transaction.payer), x: amountIn(last, rest[0].info.amount, transaction) } };
  if (/^(UploadDistributionList )+SubmitDistributionList$/.test(types))
    return { key: 'did.recipe.list', values: { a: key(last.info.actor),
      r: number(last.info.round), task: key(last.info.task) } };
  if (/^(UploadDistributionList ?)+$/.test(types) && rest.length > 1)
    return { key: 'did.recipe.chunks', values: { n: number(rest.length),
      data: key(last.info.data), round: number(last.info.round) } };
  return rest.length === 1 ? instructionSentence(last, transaction) : null;
}

/**
 * @param {Instruction[]} told
 * @param {string | undefined} faucet
 * @returns {Sentence | null}
 */
function transfersOf(told, faucet) {
  const sent = told.filter(({ program, type }) =>
    program === 'system' && type === 'transfer');
  if (sent.length !== told.length)
    return null;
  const sources = new Set(sent.map(({ info }) => info.source));
  const sum = sent.reduce((all, { info }) => all + baseUnits(info.lamports), 0n);
  if (faucet && sent.length === 1 && sources.has(faucet))
    return { key: 'did.recipe.faucet', values: {
      b: key(sent[0].info.destination), x: coins(sum) } };
  if (sent.length < 2 || sources.size > 1)
    return null;
  return { key: 'did.recipe.transfers', values: {
    a: key(sent[0].info.source), sum: coins(sum), n: number(sent.length) } };
}

/**
 * To a person, where the record says whose account it is.
 *
 * @param {Instruction} sent
 * @param {Transaction} transaction
 * @returns {Sentence}
 */
function tokensSent(sent, transaction) {
  const { info } = sent;
  const owner = tokenAccount(transaction, info.destination)?.owner;
  return { key: 'did.recipe.tokens', values: {
    a: key(named(info, 'authority')), x: tokenAmount(info, transaction),
    b: key(owner ?? info.destination) } };
}

// ---- instructions ----

/**
 * @param {Instruction} one
 * @param {Transaction} transaction
 * @returns {Sentence}
 */
export function instructionSentence(one, transaction) {
  const { program, programId, type, info } = one;
  if (type === null)
    return { key: 'did.raw', values: {
      program: key(programId), n: number(one.size) } };
  if (isTask(one))
    return taskSentence(one, transaction);
  if (program === 'memo')
    return { key: 'did.memo', values: { signer: key(transaction.payer),
      text: { kind: 'outside', value: info.text } } };
  const form = `did.${program}.${formOf(one)}`;
  if (!hasText(form))
    return { key: 'did.parsed', values: { program: key(programId),
      type: { kind: 'outside', value: type } } };
  return { key: form, values: valuesOf(info, transaction, program) };
}

/** Forms that say the same, and those that say two things. */
const SAME = /** @type {Record<string, string>} */({
  initializeMint2: 'initializeMint', initializeAccount2: 'initializeAccount',
  initializeAccount3: 'initializeAccount',
  initializeMultisig2: 'initializeMultisig', transferChecked: 'transfer',
  approveChecked: 'approve', mintToChecked: 'mintTo', burnChecked: 'burn',
  unwrapLamports: 'withdrawExcessLamports', createIdempotent: 'createIdempotent',
});

/** @param {Instruction} one */
function formOf({ program, type, info }) {
  if (program === 'system' && type?.endsWith('WithSeed') &&
      type !== 'createAccountWithSeed')
    return type.slice(0, -'WithSeed'.length);
  if (program === 'token' && type === 'setAuthority' && !info.newAuthority)
    return 'setAuthorityNobody';
  if (program === 'token' && type === 'approve' && !info.amount)
    return 'approve';
  return SAME[type ?? ''] ?? type ?? '';
}

/** Where several may sign for one, its name begins with "multisig". */
const MULTI = /** @type {Record<string, string>} */({
  authority: 'multisigAuthority', owner: 'multisigOwner',
  mintAuthority: 'multisigMintAuthority',
  freezeAuthority: 'multisigFreezeAuthority',
});

/**
 * @param {Record<string, any>} info
 * @param {string} name
 */
function named(info, name) {
  return info[name] ?? info[MULTI[name]];
}

/**
 * @param {Record<string, any>} info
 * @param {Transaction} transaction
 * @param {string} program
 * @returns {Record<string, Value>}
 */
function valuesOf(info, transaction, program) {
  /** @type {Record<string, Value>} */
  const values = {};
  for (const [name, value] of Object.entries(info))
    values[name] = valueOf(name, value);
  for (const [name, several] of Object.entries(MULTI)) {
    if (!(name in info) && several in info)
      values[name] = key(info[several]);
  }
  if (program === 'token') {
    if (info.amount !== undefined || info.tokenAmount)
      values.amount = tokenAmount(info, transaction);
    if (!values.account && values.mint)
      values.account = values.mint;
    values.n = number((info.instructions ?? info.signers)?.length ?? 0);
  } else if (Array.isArray(info.newAddresses)) {
    values.n = number(info.newAddresses.length);
  }
  return values;
}

/**
 * @param {string} name
 * @param {any} value
 * @returns {Value}
 */
function valueOf(name, value) {
  if (name === 'lamports')
    return coins(value);
  if (name === 'authorityType')
    return { kind: 'text', value: `did.authority.${value}` };
  if (typeof value === 'number')
    return number(value);
  if (typeof value === 'string' && isKey(value))
    return key(value);
  return { kind: 'outside', value: typeof value === 'object'
    ? JSON.stringify(value) : value };
}

/**
 * What the record says of a token account that the transaction touches.
 *
 * @param {Transaction} transaction
 * @param {string} account
 */
export function tokenAccount({ keys, meta }, account) {
  const at = keys.indexOf(account);
  const found = [...meta.postTokenBalances ?? [], ...meta.preTokenBalances ?? []]
    .find((balance) => balance.accountIndex === at);
  return found && { mint: String(found.mint),
    owner: found.owner && String(found.owner),
    decimals: Number(found.uiTokenAmount?.decimals ?? 0) };
}

/**
 * @param {Record<string, any>} info
 * @param {Transaction} transaction
 * @returns {Value}
 */
function tokenAmount(info, transaction) {
  const place = [info.source, info.destination, info.account]
    .map((account) => account && tokenAccount(transaction, account)).find(Boolean);
  return { kind: 'amount', value: info.tokenAmount?.amount ?? info.amount,
    unit: info.mint ?? place?.mint ?? '',
    decimals: info.tokenAmount?.decimals ?? place?.decimals ?? 0 };
}

// ---- tasks ----

/**
 * @param {Instruction} one
 * @param {any} value
 * @param {Transaction} transaction whose token it is, where a task has one
 * @returns {Value}
 */
function amountIn({ program, info }, value, { meta }) {
  if (program === 'koii')
    return coins(value);
  const [token] = [...meta.postTokenBalances ?? [], ...meta.preTokenBalances ?? []];
  return { kind: 'amount', value, unit: info.mint ?? token?.mint ?? '',
    decimals: token?.uiTokenAmount.decimals ?? 0 };
}

/** The names of tasks' values that are keys. */
const PARTIES = ['actor', 'task', 'other', 'second', 'newTask', 'data'];

/**
 * @param {Instruction} one
 * @param {Transaction} transaction
 * @returns {Sentence}
 */
function taskSentence(one, transaction) {
  const { type, info } = one;
  /** @type {Record<string, Value>} */
  const values = { payer: key(transaction.payer) };
  for (const name of PARTIES)
    values[name] = key(info[name] ?? transaction.payer);
  if ('round' in info)
    values.round = number(info.round);
  if ('amount' in info)
    values.amount = amountIn(one, info.amount, transaction);
  if ('number' in info)
    values.n = number(info.number + 1);
  if (type === 'SubmitTask')
    values.value = { kind: 'outside', value: info.submission };
  if (type === 'CreateTask')
    Object.assign(values, {
      name: { kind: 'outside', value: info.taskName },
      bounty: amountIn(one, info.totalBounty, transaction),
      x: amountIn(one, info.bountyPerRound, transaction), n: number(info.roundTime) });
  if (type === 'ClaimReward')
    values.amount = moved(one, transaction, info.other, 1n);
  if (type === 'DeleteTask')
    values.amount = one.program === 'kpl'
      ? moved(one, transaction, info.pot, -1n)
      : coins(burned(one, transaction));
  if (type === 'Payout')
    values.outcome = { kind: 'text', value: transaction.meta.err ||
      payoutSaid(transaction.meta.logMessages).isPaid === false
      ? 'did.payout.failed' : 'did.payout.done' };
  return { key: `did.koii.${taskForm(one)}`, values };
}

/** @param {Instruction} one */
function taskForm({ type, info }) {
  switch (type) {
    case 'AuditSubmissions':
    case 'AuditDistribution':
      return `${type}${info.isValid ? 'True' : 'False'}`;
    case 'Whitelist':
    case 'SetActive':
      return `${type}${info.flag ? 'On' : 'Off'}`;
    case 'HandleManagerAccounts':
      return { insert: `${type}Add`, remove: `${type}Remove` }[
        /** @type {'insert' | 'remove'} */(info.operation)] ?? type;
    default:
      return type ?? '';
  }
}

/**
 * What an account has more after than before, the fee that it paid left out.
 *
 * @param {Transaction} transaction
 * @param {string} account
 */
export function balanceChange({ keys, payer, meta }, account) {
  const at = keys.indexOf(account);
  if (at < 0 || !meta.preBalances || !meta.postBalances)
    return 0n;
  return baseUnits(meta.postBalances[at]) - baseUnits(meta.preBalances[at]) +
    (account === payer ? baseUnits(meta.fee ?? 0) : 0n);
}

/**
 * What the pot of a task has lost, or of one with a token what an account of
 * that has got.
 *
 * @param {Instruction} one
 * @param {Transaction} transaction
 * @param {string} account
 * @param {bigint} sign
 * @returns {Value}
 */
function moved(one, transaction, account, sign) {
  if (one.program === 'koii')
    return coins(-balanceChange(transaction, one.info.pot));
  const { keys, meta } = transaction;
  const of = (/** @type {any[]} */ list) => baseUnits(list?.find(
    ({ accountIndex }) => accountIndex === keys.indexOf(account))
    ?.uiTokenAmount.amount ?? 0);
  return amountIn(one, sign * (of(meta.postTokenBalances) -
    of(meta.preTokenBalances)), transaction);
}

/** Where a deleted task's bounty goes. */
const INCINERATOR = '1nc1nerator11111111111111111111111111111111';

/**
 * @param {Instruction} one
 * @param {Transaction} transaction
 */
function burned({ info }, transaction) {
  const got = balanceChange(transaction, INCINERATOR);
  return got > 0n ? got : -balanceChange(transaction, info.pot);
}

// ---- errors ----

/** Programs with numbers of their own, by the texts' names. */
const NUMBERED = /** @type {Record<string, string>} */({
  [KOII]: 'koii', [KPL]: 'koii', '11111111111111111111111111111111': 'system',
  TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA: 'token',
});

/**
 * @param {any} error as settlement writes it: a name, or an object of one
 * @param {Pick<Transaction, 'instructions'>} [transaction]
 * @returns {Sentence}
 */
export function errorSentence(error, transaction) {
  if (typeof error === 'string')
    return nameSentence('transaction', error);
  const [name, about] = Object.entries(error ?? {})[0] ?? ['', null];
  if (name !== 'InstructionError' || !Array.isArray(about))
    return nameSentence('transaction', name);
  const [at, inner] = about;
  if (typeof inner === 'string')
    return nameSentence('instruction', inner);
  const custom = inner?.Custom;
  if (custom === undefined)
    return nameSentence('instruction', Object.keys(inner ?? {})[0] ?? '');
  const program = transaction?.instructions[at]?.programId ?? '';
  const form = `chainerror.${NUMBERED[program]}.${custom}`;
  return hasText(form) ? { key: form, values: {} }
    : { key: 'chainerror.number', values: { program: key(program),
      n: { kind: 'outside', value: custom } } };
}

/**
 * @param {'transaction' | 'instruction'} kind
 * @param {string} name
 * @returns {Sentence}
 */
function nameSentence(kind, name) {
  const form = `chainerror.${kind}.${name}`;
  return hasText(form) ? { key: form, values: {} }
    : { key: 'chainerror.name', values: { name: { kind: 'outside', value: name } } };
}
