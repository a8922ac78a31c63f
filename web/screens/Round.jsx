import { KOII_DECIMALS, formatAmount, sumOf } from '../core/amount.js';
import { ApiError } from '../core/api.js';
import { can } from '../core/node.js';
import { amountOf, outcomeOf } from '../core/rounds.js';
import { useAnswer, useLive } from '../core/store.js';
import { text } from '../core/text.js';
import { now, shortTime } from '../core/time.js';
import { LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Cid } from '../parts/Cid.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Key } from '../parts/Key.jsx';
import { cidOf } from '../parts/Proof.jsx';
import { Answered } from '../parts/Screen.jsx';
import { TextView } from '../parts/TextView.jsx';
import { Timeline } from '../parts/Timeline.jsx';
import { Amount } from '../parts/Amount.jsx';
import { TaskFrame } from './TaskFrame.jsx';
import { OutcomeBadge } from './TaskRounds.jsx';

/** @typedef {import('../core/rounds.js').Round} Round */

/**
 * #/tasks/ID/rounds/N — what became of one round, and why.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function RoundScreen({ params }) {
  const number = Number(params.round);
  return (
    <TaskFrame id={params.task} title={text('task.round_n', { n: number })}>
      {(task) => <Found task={task} number={number} />}
    </TaskFrame>
  );
}

/** @param {{task: any, number: number}} props */
function Found({ task, number }) {
  const answer = useAnswer(`tasks/${task.task}/rounds/${number}`);
  useLive('round', (message) => message.task === task.task &&
    message.round === number && answer.reload());
  const isMissing = answer.error instanceof ApiError &&
    answer.error.code === 'not_found';
  const own = task.rounds?.find((/** @type {Round} */ one) => one.round === number);
  if (isMissing && !own)
    return <Empty action={<LinkButton href={`#/tasks/${task.task}/rounds`}>
      {text('task.older')}</LinkButton>}>{text('round.unknown')}</Empty>;
  const shown = isMissing ? { data: own, error: null } : answer;
  return (
    <Answered answer={shown}>
      {(/** @type {Round} */ round) => <Whole task={task} round={round} />}
    </Answered>
  );
}

/** @param {{task: any, round: Round}} props */
function Whole({ task, round }) {
  const amount = amountOf(round);
  const form = { unit: task.token, decimals: task.token ? 0 : KOII_DECIMALS };
  return (
    <>
      <div class="round-head">
        <h2>{text('task.round_n', { n: round.round })}</h2>
        <OutcomeBadge round={round} current={task.round} />
        {amount !== null && <span class="task-sum">
          <Amount value={amount} kind="change" {...form} /></span>}
      </div>
      <p>{text(`outcome_what.${outcomeOf(round, task.round)}`)}</p>
      {(round.losses?.length ?? 0) > 0 && <Losses task={task} round={round} />}
      <Card title={text('round.timeline')}>
        <Timeline label={text('round.timeline')} items={stepsOf(task, round)} />
      </Card>
      <Proof task={task} round={round} />
      <WhoSaid round={round} />
      {round.list && <Listed task={task} list={round.list} />}
    </>
  );
}

/** @param {{task: any, round: Round}} props */
function Losses({ task, round }) {
  const decimals = task.token ? 0 : KOII_DECIMALS;
  return (
    <ul class="round-losses">
      {round.losses?.map(({ kind, amount }) => (
        <li key={kind} class="bad">{text(`loss.${kind}`,
          { amount: formatAmount(amount, { decimals }) })}</li>
      ))}
    </ul>
  );
}

/**
 * The way of the round, as far as it is known.
 *
 * @param {any} task
 * @param {Round} round
 */
function stepsOf(task, round) {
  const n = round.round;
  const outcome = outcomeOf(round, task.round);
  const proof = round.proof ?? round.submission;
  const isOver = typeof task.round !== 'number' || task.round > n;
  /** @type {{id: string, head: any, when?: any, tone?: any, children?: any}[]} */
  const steps = [
    { id: 'work', head: text('round.worked'),
      when: text('round.in_round', { n }), tone: isOver ? 'good' : 'info' },
  ];
  if (isOver)
    steps.push({ id: 'proof', tone: proof ? 'good' : 'muted',
      head: text(proof ? 'round.proved'
        : outcome === 'proving' ? 'round.not_proved_yet' : 'round.not_proved'),
      when: text('round.in_round', { n: n + 1 }) });
  const accusers = round.accusers ?? [];
  if (round.accused || accusers.length)
    steps.push({ id: 'accused', tone: 'warn', head: text('round.accused_head'),
      when: text('round.in_round', { n: n + 1 }),
      children: round.votes && <p>{votesText(round.votes)}</p> });
  if (round.list)
    steps.push({ id: 'list', tone: 'good', head: text('round.listed'),
      when: text('round.in_round', { n: n + 2 }) });
  if (round.payout === 'successful' || ['paid', 'slashed', 'penalty', 'not_read']
    .includes(outcome))
    steps.push({ id: 'paid', head: text(`round.end_${outcome}`),
      tone: outcome === 'slashed' || outcome === 'penalty' ? 'bad' : 'good' });
  else if (['payout_failed', 'given_up', 'missed'].includes(outcome))
    steps.push({ id: 'paid', head: text(`outcome.${outcome}`), tone: 'bad' });
  else if (outcome === 'waiting' || outcome === 'accused')
    steps.push({ id: 'paid', head: text('outcome.waiting'), tone: 'info' });
  return steps;
}

/** @param {{valid: boolean}[]} votes */
function votesText(votes) {
  const yes = votes.filter(({ valid }) => valid).length;
  return text('round.votes', { yes, no: votes.length - yes });
}

/** @param {{task: any, round: Round}} props */
function Proof({ task, round }) {
  const proof = round.proof ?? round.submission;
  if (!proof)
    return null;
  const cid = cidOf(proof);
  const until = round.evidence_until;
  const isKept = typeof until === 'number' && until > now.value;
  return (
    <Card title={text('round.my_proof')} actions={cid && can('evidence') && (
      <LinkButton icon="eye" href={`#/tasks/${task.task}/evidence/${cid}`}>
        {text('round.look')}</LinkButton>)}>
      {cid && proof.length === cid.length
        ? <Cid value={cid} />
        : <TextView label={text('round.proof_text')} words={proof} />}
      {isKept && <p class="muted">{text(
        outcomeOf(round, task.round) === 'slashed'
          ? 'round.kept_slashed' : 'round.kept', { time: shortTime(until) })}</p>}
    </Card>
  );
}

/**
 * Who accused the proof and who voted on it.
 *
 * @param {{round: Round}} props
 */
function WhoSaid({ round }) {
  const accusers = round.accusers ?? [];
  const votes = round.votes ?? [];
  // The status' names differ from the book's.
  const verdicts = (round.verdicts ?? []).map((/** @type {any} */ verdict) =>
    ({ ...verdict, key: verdict.key ?? verdict.submitter }));
  if (!accusers.length && !votes.length && !verdicts.length)
    return null;
  return (
    <Card title={text('round.who')}>
      <ul class="rows">
        {accusers.map(({ key, slot }) => (
          <li key={`a${key}`}><Key value={key} />
            <span>{text('round.said_accused')}</span><AtSlot slot={slot} /></li>
        ))}
        {votes.map(({ key, valid, slot }) => (
          <li key={`v${key}`}><Key value={key} />
            <span>{text(valid ? 'round.said_true' : 'round.said_false')}</span>
            <AtSlot slot={slot} /></li>
        ))}
        {verdicts.map((/** @type {any} */ { key, valid, voted }) => (
          <li key={`o${key}`}><span>{text('round.i_checked')}{' '}
            <Key value={key} /></span>
            <span>{text(valid ? 'round.found_true' : 'round.found_false')}
              {voted && ` ${text('round.and_said')}`}</span></li>
        ))}
      </ul>
    </Card>
  );
}

/** @param {{slot?: number}} props */
function AtSlot({ slot }) {
  return slot ? <span class="small muted">{text('round.slot', { slot })}</span> : null;
}

/**
 * @param {{task: any, list: {by?: string, mine?: string | null, sum?: string | null,
 *          entries?: {key: string, amount: string}[]}}} props
 */
function Listed({ task, list }) {
  const form = { unit: task.token, decimals: task.token ? 0 : KOII_DECIMALS };
  const sum = list.sum ?? (list.entries
    ? String(sumOf(list.entries.map(({ amount }) => amount))) : null);
  return (
    <Card title={text('round.list')}>
      <dl class="pairs">
        {list.by && <div><dt>{text('round.list_by')}</dt>
          <dd><Key value={list.by} /></dd></div>}
        <div><dt>{text('round.list_mine')}</dt>
          <dd><Amount value={list.mine ?? null} kind="change" {...form} /></dd></div>
        <div><dt>{text('round.list_sum')}</dt>
          <dd><Amount value={sum} kind="change" {...form} /></dd></div>
      </dl>
    </Card>
  );
}
