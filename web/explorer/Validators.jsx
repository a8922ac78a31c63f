import { useMemo } from 'preact/hooks';
import { language, number, text } from '../core/text.js';
import { Badge } from '../parts/Badge.jsx';
import { Card } from '../parts/Card.jsx';
import { Key } from '../parts/Key.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Outside } from '../parts/Outside.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { ask } from './ask.js';
import { isUnknownMethod, useChain } from './chain.js';
import { ExplorerTabs, Facts, Slot } from './parts.jsx';

/**
 * @typedef {{identity: string, vote: string, stake: any, lastVote: any,
 *            isThere: boolean, version: string | null}} Validator
 */

/** #/explorer/validators — who makes the chain. */
export default function Validators() {
  const answer = useChain(readValidators, [], { everyMs: 2000 });
  return (
    <Screen title={text('explorer.validators')}>
      <ExplorerTabs />
      <Answered answer={answer}>
        {answer.data && <Shown found={answer.data} />}
      </Answered>
    </Screen>
  );
}

async function readValidators() {
  try {
    const found = await ask('pondValidators');
    return { rows: found.validators.map(validatorOf),
      halted: found.halted, leader: found.leader, finalized: found.finalized };
  } catch (error) {
    if (!isUnknownMethod(error))
      throw error;
    const { current, delinquent } = await ask('getVoteAccounts');
    return { rows: [...current.map((/** @type {any} */ one) => voterOf(one, true)),
      ...delinquent.map((/** @type {any} */ one) => voterOf(one, false))],
    halted: null, leader: null, finalized: null };
  }
}

/** @param {any} one @returns {Validator} */
function validatorOf(one) {
  return { identity: one.identity, vote: one.vote, stake: one.stake,
    lastVote: one.lastVote, isThere: one.connected, version: one.version };
}

/** @param {any} one @param {boolean} isThere @returns {Validator} */
function voterOf(one, isThere) {
  return { identity: one.nodePubkey, vote: one.votePubkey,
    stake: one.activatedStake, lastVote: one.lastVote, isThere, version: null };
}

/** @param {{found: {rows: Validator[], halted: any, leader: any,
 *                   finalized: any}}} props */
function Shown({ found }) {
  const { rows, halted, leader, finalized } = found;
  const all = rows.reduce((sum, { stake }) => sum + BigInt(stake), 0n);
  const columns = useMemo(() => /** @type {import('../parts/Table.jsx').Column<Validator>[]} */([
    { id: 'identity', label: text('explorer.validator'), isHead: true,
      cell: ({ identity }) => <Key value={identity} /> },
    { id: 'state', label: text('explorer.state'), cell: ({ isThere }) => isThere
      ? <Badge tone="good" icon="check">{text('explorer.connected')}</Badge>
      : <Badge tone="warn" icon="warn">{text('explorer.away')}</Badge> },
    { id: 'stake', label: text('explorer.share'), isNumber: true,
      sort: ({ stake }) => BigInt(stake),
      cell: ({ stake }) => text('explorer.percent', { n: all
        ? Number(BigInt(stake) * 1000n / all) / 10 : 0 }) },
    { id: 'lastVote', label: text('explorer.last_vote'), isNumber: true,
      cell: ({ lastVote }) => lastVote === null ? text('amount.unknown')
        : <Slot slot={lastVote} /> },
    { id: 'version', label: text('explorer.version'), isMinor: true,
      cell: ({ version }) => version && <Outside words={version} /> },
  ]), [language.value, String(all)]);
  return (
    <>
      {halted && <Notice tone="bad" isUrgent>
        <p>{text('explorer.halted')} <Outside words={halted} /></p></Notice>}
      {leader && <Card><Facts rows={[
        [text('explorer.leader'), <Key value={leader} />],
        [text('explorer.final_slot'), finalized !== null && <Slot slot={finalized} />],
        [text('explorer.validators'), number(rows.length)],
      ]} /></Card>}
      <Table label={text('explorer.validators')} columns={columns} rows={rows}
        keyOf={({ identity }) => identity} sortedBy="-stake" />
    </>
  );
}
