/**
 * Instructions in one form, whatever has parsed them: a program, a type, and
 * the values by name.
 *
 * Endpoints parse System, Token and a few more (jsonParsed). Koii's and KPL's
 * tasks and the compute budget are read here from their bytes, as K2's
 * endpoints do not know them. Pure. Layouts: src/settlement/format/
 * task_instruction.h, kpl_instruction.h; solana-compute-budget-interface.
 */
import { decodeBase58 } from '../core/base58.js';

export const KOII = 'Koiitask22222222222222222222222222222222222';
export const KPL = 'KPLTRVs6jA7QTthuJH2cEmyCEskFbSV2xpZw46cganN';
export const BUDGET = 'ComputeBudget111111111111111111111111111111';

/** Bytes of a transaction in base58, and a little more. */
const DATA_MAX = 1800;

/**
 * @typedef {{program: string, programId: string, type: string | null,
 *            info: Record<string, any>, size: number}} Instruction
 * program: of the texts, "koii"; type null: no form fits, and size is all that
 * is known of its bytes
 */

/** Names that endpoints give to programs, and those of the texts. */
const PROGRAMS = /** @type {Record<string, string>} */({
  'koii-task': 'koii', 'spl-token': 'token', 'spl-token-2022': 'token',
  'spl-associated-token-account': 'associated', 'spl-memo': 'memo',
  'address-lookup-table': 'table', 'system': 'system',
});

/**
 * As jsonParsed has it: {"parsed", "program"}, or {"accounts", "data"}.
 *
 * @param {any} source
 * @returns {Instruction}
 */
export function readInstruction(source) {
  const programId = String(source?.programId ?? '');
  const { parsed } = source ?? {};
  if (parsed === undefined || parsed === null)
    return readRaw(programId, source ?? {});
  const program = PROGRAMS[source.program] ?? String(source.program);
  if (typeof parsed === 'string')
    return { program, programId, type: 'memo', size: 0,
      info: { text: parsed } };
  const type = String(parsed.type);
  const info = { ...parsed.info };
  if (program === 'koii')
    Object.assign(info, parties(KOII_PARTIES, type, info.accounts ?? []));
  if (info.chunk)
    info.bytes = fromBase64(info.chunk);
  return { program, programId, type, info, size: 0 };
}

/**
 * The instructions in a batch of the Token program's.
 *
 * @param {Instruction} one
 * @returns {Instruction[]}
 */
export function batched({ program, programId, type, info }) {
  return program !== 'token' || type !== 'batch' ? []
    : (info.instructions ?? []).map((/** @type {any} */ parsed) =>
      readInstruction({ program: 'spl-token', programId, parsed }));
}

/**
 * @param {string} programId
 * @param {{accounts?: string[], data?: string}} source
 * @returns {Instruction}
 */
function readRaw(programId, { accounts = [], data = '' }) {
  const bytes = decodeBase58(data, DATA_MAX);
  const none = { program: '', programId, type: null, info: { accounts },
    size: bytes?.length ?? 0 };
  if (!bytes?.length)
    return none;
  try {
    if (programId === KOII || programId === KPL)
      return { ...none, ...readTask(programId === KPL, bytes, accounts) };
    if (programId === BUDGET)
      return { ...none, ...readBudget(new Bytes(bytes)) };
  } catch (error) {
    if (!(error instanceof RangeError))
      throw error;
  }
  return none;
}

/** Reads one after the other; a RangeError where there is too little. */
export class Bytes {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
  }

  /** @param {number} size */
  take(size) {
    if (this.at + size > this.bytes.length)
      throw new RangeError('too short');
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  u8() {
    return this.take(1)[0];
  }

  u32() {
    this.take(4);
    return this.view.getUint32(this.at - 4, true);
  }

  /** A number where it fits one, else its digits. */
  u64() {
    this.take(8);
    const value = this.view.getBigUint64(this.at - 8, true);
    return value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value) : String(value);
  }

  /**
   * A text that spaces fill up.
   *
   * @param {number} size
   */
  text(size) {
    return new TextDecoder().decode(this.take(size)).replace(/[ \0]+$/, '');
  }

  end() {
    if (this.at !== this.bytes.length)
      throw new RangeError('too long');
  }
}

// ---- tasks ----

/** By the native program's first byte. */
const TYPES = ['CreateTask', 'SubmitTask', 'AuditSubmissions',
  'AuditDistribution', 'Payout', 'Whitelist', 'SetActive', 'ClaimReward',
  'FundTask', 'Stake', 'Withdraw', 'UploadDistributionList',
  'SubmitDistributionList', '', 'UpdateTask', 'DeleteTask',
  'HandleManagerAccounts'];

/** The accounts of each, in their order; "-" is not told of. */
const KOII_PARTIES = /** @type {Record<string, string>} */({
  CreateTask: 'actor task pot',
  SubmitTask: 'task actor',
  AuditSubmissions: 'task actor other',
  AuditDistribution: 'task actor other',
  Payout: 'task - data',
  Whitelist: 'task actor',
  SetActive: 'task actor',
  ClaimReward: 'task actor pot other',
  FundTask: 'task actor pot',
  Stake: 'task actor pot',
  Withdraw: 'task actor',
  UploadDistributionList: 'task data',
  SubmitDistributionList: 'task actor data',
  UpdateTask: 'actor task pot - newTask newPot',
  DeleteTask: 'task actor pot',
  HandleManagerAccounts: 'list actor second other',
});

const KPL_PARTIES = { ...KOII_PARTIES,
  CreateTask: 'actor - task pot - mint',
  Whitelist: 'actor - task',
  ClaimReward: 'task actor pot other',
  FundTask: 'task actor - pot',
  Stake: 'task actor - pot',
  UpdateTask: 'actor task pot - newTask newPot - mint' };

/**
 * @param {Record<string, string>} table
 * @param {string} type
 * @param {string[]} accounts
 */
function parties(table, type, accounts) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [at, name] of (table[type] ?? '').split(' ').entries()) {
    if (name && name !== '-' && accounts[at])
      found[name] = accounts[at];
  }
  return found;
}

/**
 * @param {boolean} isKpl
 * @param {Uint8Array} bytes
 * @param {string[]} accounts
 */
function readTask(isKpl, bytes, accounts) {
  const reader = new Bytes(bytes);
  const first = reader.u8();
  // The native program has none numbered 13; KPL has, and goes on from there.
  const type = TYPES[isKpl && first >= 13 ? first + 1 : first];
  if (!type)
    throw new RangeError('unknown');
  const info = readTaskFields(type, isKpl, reader);
  reader.end();
  return { program: isKpl ? 'kpl' : 'koii', type, info: { accounts, ...info,
    ...parties(isKpl ? KPL_PARTIES : KOII_PARTIES, type, accounts) } };
}

/**
 * @param {string} type
 * @param {boolean} isKpl
 * @param {Bytes} reader
 * @returns {Record<string, any>}
 */
function readTaskFields(type, isKpl, reader) {
  const flag = () => (isKpl ? reader.u8() : Number(reader.u64())) !== 0;
  switch (type) {
    case 'CreateTask':
    case 'UpdateTask': {
      const terms = readTerms(type === 'CreateTask', reader);
      if (isKpl)
        reader.take(32);
      return terms;
    }
    case 'SubmitTask':
      return { submission: reader.text(512), round: reader.u64() };
    case 'AuditSubmissions':
    case 'AuditDistribution':
      return { isValid: flag(), round: reader.u64() };
    case 'Payout':
    case 'SubmitDistributionList':
      return { round: reader.u64() };
    case 'Whitelist':
    case 'SetActive':
      return { flag: flag() };
    case 'FundTask':
      return { amount: reader.u64() };
    case 'Stake':
      return { amount: reader.u64(), address: reader.text(64) };
    case 'UploadDistributionList': {
      const number = reader.u8() + 256 * reader.u8();
      reader.take(2); // the size, which is always that of the data
      return { number, bytes: reader.take(508), round: reader.u64() };
    }
    case 'HandleManagerAccounts':
      return { operation: reader.text(24) };
    default:
      return {};
  }
}

/**
 * @param {boolean} isNew
 * @param {Bytes} reader
 */
function readTerms(isNew, reader) {
  const taskName = reader.text(24);
  reader.take(64 + 64 + 64); // description, audit program, network
  const totalBounty = isNew ? reader.u64() : 0;
  const bountyPerRound = reader.u64();
  const roundTime = reader.u64();
  reader.take(3 * 8); // windows, minimum stake
  const taskMetadata = reader.text(64);
  reader.take(64 + 8); // variables, failures that are allowed
  return { taskName, totalBounty, bountyPerRound, roundTime, taskMetadata };
}

// ---- the compute budget ----

/** @param {Bytes} reader */
function readBudget(reader) {
  const first = reader.u8();
  const number = first === 3 ? reader.u64() : first <= 4 ? reader.u32() : 0;
  if (first > 4)
    throw new RangeError('unknown');
  const type = ['units', 'heap', 'units', 'price', 'loaded'][first];
  // Micro-lamports a unit are lamports a million units.
  return { program: 'budget', type, info: type === 'price'
    ? { lamports: number } : { n: number } };
}

/** @param {string} text */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
