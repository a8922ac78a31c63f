import { useState } from 'preact/hooks';
import { plain } from '../core/plain.js';
import { number, text } from '../core/text.js';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Key } from '../parts/Key.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { Time } from '../parts/Time.jsx';
import { ask } from './ask.js';
import { askBlock, isUnknownMethod, useChain } from './chain.js';
import { Facts, Slot, TransactionList } from './parts.jsx';

const PAGE = 20;
const SLOT_MAX = Number.MAX_SAFE_INTEGER;

/**
 * #/explorer/block/SLOT — a block, or that there is none.
 *
 * @param {{params: Record<string, string>}} props
 */
export default function Block({ params }) {
  const slot = /^\d{1,16}$/.test(params.slot) ? Number(params.slot) : NaN;
  const isSlot = slot <= SLOT_MAX;
  const answer = useChain(() => readBlock(slot, isSlot), [params.slot]);
  return (
    <Screen title={text('explorer.block_title', { slot: isSlot
      ? number(slot) : plain(params.slot, { max: 40 }) })}
      actions={isSlot && (
        <>
          {slot > 0 && <LinkButton href={`#/explorer/block/${slot - 1}`}>
            {text('explorer.slot_before')}</LinkButton>}
          <LinkButton href={`#/explorer/block/${slot + 1}`}>
            {text('explorer.slot_after')}</LinkButton>
        </>)}>
      <Answered answer={answer}>
        {answer.data && <Shown slot={slot} found={answer.data} />}
      </Answered>
    </Screen>
  );
}

/**
 * @param {number} slot
 * @param {boolean} isSlot
 */
async function readBlock(slot, isSlot) {
  if (!isSlot)
    return { state: 'future' };
  const newest = await ask('getSlot', [{ commitment: 'confirmed' }]);
  if (slot > newest)
    return { state: 'future', newest };
  const [block, signers, leaders] = await Promise.all([askBlock(slot),
    optional(ask('pondBlockSigners', [slot])),
    optional(ask('getSlotLeaders', [slot, 1]))]);
  const leader = signers?.leader ?? leaders?.[0] ??
    block?.rewards?.find((/** @type {any} */ one) =>
      one.rewardType === 'Fee')?.pubkey;
  return { state: block ? 'block' : 'skipped', block, signers, leader };
}

/**
 * What another network, or one that has dropped it, does not tell.
 *
 * @param {Promise<any>} asked
 */
async function optional(asked) {
  try {
    return await asked;
  } catch (error) {
    if (isUnknownMethod(error) || /** @type {any} */(error)?.code === 'rpc')
      return null;
    throw error;
  }
}

/** @param {{slot: number, found: any}} props */
function Shown({ slot, found }) {
  const { state, block, signers, leader } = found;
  if (state === 'future')
    return <Empty>{text('explorer.future', { newest: found.newest ?? 0 })}</Empty>;
  const led = leader && <Key value={leader} />;
  if (state === 'skipped')
    return (
      <Card>
        <p>{text('explorer.skipped_long')}</p>
        <Facts rows={[[text('explorer.leader'), led]]} />
      </Card>
    );
  return (
    <>
      <Card>
        <Facts rows={[
          [text('explorer.slot'), number(slot)],
          [text('explorer.time'), block.blockTime &&
            <Time at={block.blockTime * 1000} form="full" />],
          [text('explorer.leader'), led],
          [text('explorer.parent'), <Slot slot={block.parentSlot} />],
          [text('explorer.height'), block.blockHeight !== null &&
            number(block.blockHeight ?? 0)],
          [text('explorer.hash'), <Key value={block.blockhash} isWhole />],
          [text('explorer.hash_before'),
            <Key value={block.previousBlockhash} isWhole />],
          ...signers ? [signersOf(signers)] : [],
          [text('explorer.transactions'), number(block.signatures.length)],
        ]} />
      </Card>
      <Transactions slot={slot} block={block} />
    </>
  );
}

/**
 * Who signed it, or how far it is where one validator alone makes blocks.
 *
 * @param {any} signers of pondBlockSigners
 * @returns {[string, any]}
 */
function signersOf({ finalized, notarized, totalStake, commitment }) {
  const signed = finalized ?? notarized;
  if (!signed)
    return [text('explorer.state'), text(`explorer.level_${commitment}`)];
  const share = Math.floor(Number(signed.stake) / Number(totalStake) * 100);
  return [text('explorer.signed_by'), (
    <>
      {text('explorer.signed', { n: signed.validators.length, share })}{' '}
      <span class="keys">{signed.validators.map((/** @type {string} */ key) =>
        <Key key={key} value={key} />)}</span>
    </>
  )];
}

/** @param {{slot: number, block: any}} props */
function Transactions({ slot, block }) {
  const [shown, setShown] = useState(PAGE);
  const at = block.blockTime ? block.blockTime * 1000 : null;
  const rows = block.signatures.slice(0, shown).map(
    (/** @type {string} */ signature) => ({ signature, slot, at }));
  return (
    <Card title={text('explorer.transactions')}>
      {rows.length
        ? <TransactionList rows={rows} label={text('explorer.transactions')} />
        : <Empty>{text('explorer.empty_block')}</Empty>}
      {block.signatures.length > shown && (
        <div class="actions"><Button onPress={() => setShown(shown + PAGE)}>
          {text('explorer.more')}</Button></div>)}
    </Card>
  );
}
