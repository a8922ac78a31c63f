import { useMemo } from 'preact/hooks';
import { isKey } from '../core/base58.js';
import { plain } from '../core/plain.js';
import { language, number, text } from '../core/text.js';
import { duration } from '../core/time.js';
import { Amount } from '../parts/Amount.jsx';
import { Badge } from '../parts/Badge.jsx';
import { LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Cid } from '../parts/Cid.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Figure, Figures } from '../parts/Figure.jsx';
import { Key } from '../parts/Key.jsx';
import { Outside } from '../parts/Outside.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { ask } from './ask.js';
import { useChain } from './chain.js';
import { Facts, History, Slot } from './parts.jsx';
import { isCid } from './search.js';
import { askTask, formOf, roundAt } from './tasks.js';
import { keyOf } from './timeline.js';

const ROUNDS_SHOWN = 12;

/**
 * #/explorer/task/ID — a task's terms, nodes and rounds.
 *
 * @param {{params: Record<string, string>}} props
 */
export default function Task({ params }) {
  const { task } = params;
  const answer = useChain(() => isKey(task) ? readTask(task)
    : Promise.resolve({ state: null, kind: /** @type {const} */('none'),
      slot: 0, slotMs: 0 }), [task], { everyMs: 4000 });
  const name = answer.data?.state?.task_name;
  return (
    <Screen title={name ? plain(name, { max: 64 }) : text('explorer.task')}
      head={isKey(task) && <TaskName task={task} name={name} />}
      lead={isKey(task) && <Key value={task} isWhole hasCopy />}
      actions={<LinkButton href={`#/explorer/account/${task}`}>
        {text('explorer.see_account')}</LinkButton>}>
      <Answered answer={answer}>
        {answer.data?.state ? <Shown task={task} {...answer.data} />
          : <Empty>{text(`explorer.task_${answer.data?.kind ?? 'none'}`)}</Empty>}
      </Answered>
      <Card title={text('explorer.history')}><History address={task} /></Card>
    </Screen>
  );
}

/** @param {string} task */
async function readTask(task) {
  const [found, slot, samples] = await Promise.all([askTask(task),
    ask('getSlot', [{ commitment: 'confirmed' }]),
    ask('getRecentPerformanceSamples', [1]).catch(() => [])]);
  const slots = Number(samples[0]?.numSlots ?? 0);
  return { ...found, slot, slotMs: slots
    ? Number(samples[0].samplePeriodSecs) * 1000 / slots : 0 };
}

/** @param {{task: string, state: any, slot: number, slotMs: number}} props */
function Shown({ task, state, slot, slotMs }) {
  const now = roundAt(state, slot);
  const form = formOf(state);
  const offset = slot - Number(state.starting_slot) - now * state.round_time;
  return (
    <>
      <Figures label={text('explorer.figures')}>
        <Figure label={text('explorer.round')}
          note={text('explorer.offset', { offset, of: state.round_time })}>
          {number(Math.max(0, now))}</Figure>
        <Figure label={text('explorer.bounty')}
          note={text('explorer.rounds_left', {
            n: Number(BigInt(state.total_bounty_amount) /
              (BigInt(state.bounty_amount_per_round) || 1n)) })}>
          <Amount value={state.total_bounty_amount} {...form} /></Figure>
        <Figure label={text('explorer.staked')} note={text('explorer.nodes',
          { n: Object.keys(state.stake_list ?? {}).length })}>
          <Amount value={state.total_stake_amount} {...form} /></Figure>
      </Figures>
      <Card title={text('explorer.rounds')}>
        <Rounds task={task} state={state} now={now} />
      </Card>
      <Card title={text('explorer.terms')}>
        <Terms state={state} slotMs={slotMs} /></Card>
      <Card title={text('explorer.nodes_title')}>
        <Nodes state={state} /></Card>
    </>
  );
}

/** @param {{task: string, state: any, now: number}} props */
function Rounds({ task, state, now }) {
  if (now < 0)
    return <Empty>{text('explorer.not_begun')}</Empty>;
  const rounds = Array.from({ length: Math.min(ROUNDS_SHOWN, now + 1) },
    (_, at) => now - at);
  return (
    <ol class="round-links" aria-label={text('explorer.rounds')}>
      {rounds.map((round) => (
        <li key={round}>
          <a href={`#/explorer/task/${task}/round/${round}`}>
            <span>{number(round)}</span>
            <span class="muted">{outcomeOf(state, round, now)}</span>
          </a>
        </li>
      ))}
    </ol>
  );
}

/**
 * @param {any} state
 * @param {number} round
 * @param {number} now
 */
function outcomeOf(state, round, now) {
  const record = state.distributions_audit_record?.[round];
  if (record)
    return text(record === 'PayoutSuccessful' ? 'explorer.paid'
      : 'explorer.pay_failed');
  if (round === now)
    return text('explorer.working');
  if (round === now - 1)
    return text('explorer.proving');
  return state.submissions?.[round] ? text('explorer.waiting')
    : text('explorer.over');
}

/** @param {{state: any, slotMs: number}} props */
function Terms({ state, slotMs }) {
  const form = formOf(state);
  const slots = (/** @type {any} */ n) => slotMs
    ? text('explorer.slots_time', { n: Number(n),
      time: duration(Number(n) * slotMs) })
    : text('explorer.slots', { n: Number(n) });
  const content = (/** @type {any} */ value) => value &&
    (isCid(value) ? <Cid value={value} /> : <Outside words={value} />);
  return (
    <Facts rows={[
      [text('explorer.state'), <Badge tone={state.is_active ? 'good' : 'muted'}
        icon={state.is_active ? 'check' : 'stop'}>{text(state.is_active
          ? 'explorer.active' : 'explorer.inactive')}</Badge>],
      [text('explorer.what'), state.task_description &&
        <Outside words={state.task_description} />],
      [text('explorer.creator'), <Key value={keyOf(state.task_manager)} />],
      [text('explorer.pot'), <Key value={keyOf(state.stake_pot_account)} />],
      [text('explorer.per_round'),
        <Amount value={state.bounty_amount_per_round} {...form} />],
      [text('explorer.minimum_stake'),
        <Amount value={state.minimum_stake_amount} {...form} />],
      [text('explorer.round_time'), slots(state.round_time)],
      [text('picture.zone_submit'), slots(state.submission_window)],
      [text('picture.zone_audit'), slots(state.audit_window)],
      [text('explorer.began'), <Slot slot={state.starting_slot} />],
      [text('explorer.code'), content(state.task_audit_program)],
      [text('explorer.metadata'), content(state.task_metadata)],
      [text('explorer.moved_to'), state.is_migrated && state.migrated_to &&
        <Key value={keyOf(state.migrated_to)} />],
    ]} />
  );
}

/** @typedef {{key: string, stake: any, claimable: any}} NodeRow */

/** @param {{state: any}} props */
function Nodes({ state }) {
  const rows = useMemo(() => Object.entries(state.stake_list ?? {}).map(
    ([key, stake]) => ({ key, stake,
      claimable: state.available_balances?.[key] ?? 0 })), [state]);
  const columns = useMemo(() => /** @type {import('../parts/Table.jsx').Column<NodeRow>[]} */([
    { id: 'key', label: text('explorer.node'), isHead: true,
      cell: ({ key }) => <Key value={key} /> },
    { id: 'stake', label: text('explorer.stake'), isNumber: true,
      sort: ({ stake }) => BigInt(stake),
      cell: ({ stake }) => <Amount value={stake} {...formOf(state)} isQuiet /> },
    { id: 'claimable', label: text('explorer.claimable'), isNumber: true,
      sort: ({ claimable }) => BigInt(claimable),
      cell: ({ claimable }) =>
        <Amount value={claimable} {...formOf(state)} isQuiet /> },
  ]), [state, language.value]);
  return rows.length ? <Table label={text('explorer.nodes_title')}
    columns={columns} rows={rows} keyOf={({ key }) => key} sortedBy="-stake" />
    : <Empty>{text('explorer.no_nodes')}</Empty>;
}
