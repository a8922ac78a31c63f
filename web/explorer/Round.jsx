import { useEffect, useMemo, useState } from 'preact/hooks';
import { errorText } from '../core/api.js';
import { isKey } from '../core/base58.js';
import { ownNames } from '../core/names.js';
import { number, pieces, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Badge } from '../parts/Badge.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Cid } from '../parts/Cid.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Key } from '../parts/Key.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Outside } from '../parts/Outside.jsx';
import { Progress } from '../parts/Progress.jsx';
import { Screen } from '../parts/Screen.jsx';
import { Shapes } from '../parts/Shapes.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { Signature, Slot } from './parts.jsx';
import { isCid } from './search.js';
import { errorSentence } from './sentence.js';
import { Sentence } from './Sentence.jsx';
import { formOf, readRound } from './tasks.js';
import { listPaid, verdictOf } from './timeline.js';

/**
 * #/explorer/task/ID/round/N — what happened in a round.
 *
 * @param {{params: Record<string, string>}} props
 */
export default function Round({ params }) {
  const { task } = params;
  const round = /^\d{1,15}$/.test(params.round) ? Number(params.round) : NaN;
  const isOne = isKey(task) && Number.isInteger(round);
  const [answer, setAnswer] = useState(
    /** @type {{read?: import('./tasks.js').RoundRead | null, error?: unknown}} */({}));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!isOne)
      return undefined;
    let isHere = true;
    readRound(task, round, (read) => isHere && setAnswer({ read }),
      () => !isHere).then((read) => read || isHere && setAnswer({ read: null }),
      (error) => isHere && setAnswer((before) => ({ ...before, error })));
    return () => { isHere = false; };
  }, [task, round, turn]);
  const name = answer.read?.state?.task_name;
  return (
    <Screen title={text('explorer.round_title', { n: isOne ? round : 0 })}
      lead={isKey(task) && <TaskName task={task} name={name}
        href={`#/explorer/task/${task}`} />}
      actions={isOne && (
        <>
          {round > 0 && <LinkButton
            href={`#/explorer/task/${task}/round/${round - 1}`}>
            {text('explorer.round_before')}</LinkButton>}
          <LinkButton href={`#/explorer/task/${task}/round/${round + 1}`}>
            {text('explorer.round_after')}</LinkButton>
          <Button icon="restart" onPress={() => setTurn(turn + 1)}>
            {text('explorer.again')}</Button>
        </>)}>
      {Boolean(answer.error) && <Notice tone="bad" isUrgent>
        <p>{errorText(answer.error)}</p></Notice>}
      {answer.read ? <Shown task={task} number={round} read={answer.read} />
        : isOne && answer.read === undefined ? !answer.error && <Shapes />
          : <Empty>{text('explorer.task_none')}</Empty>}
    </Screen>
  );
}

/**
 * @param {{task: string, number: number,
 *          read: import('./tasks.js').RoundRead}} props
 */
function Shown({ task, number: n, read }) {
  const { round, slots, now, state } = read;
  const staked = Object.keys(state.stake_list ?? {}).length;
  const paid = useMemo(() => listPaid(round, task, n), [read]);
  return (
    <>
      {!read.isDone && <div aria-busy="true"><Progress label={read.reached
        ? text('explorer.paging', { slot: read.reached })
        : text('explorer.reading', { n: read.read, of: read.of })}
      value={read.of ? read.read : undefined} max={read.of || 1} /></div>}
      {read.isDone && read.read < read.of && <Notice tone="warn">
        <p>{text('explorer.read_cut', { n: read.read, of: read.of })}</p>
      </Notice>}
      <Card>
        <ol class="chain-steps">
          <Step title={text('explorer.step_worked')} isBegun={now >= slots.work}
            from={slots.work} />
          <Step title={text('explorer.step_proved', { n: round.proofs.size, staked })}
            isBegun={now >= slots.proofs} from={slots.proofs}>
            <Proofs rows={own([...round.proofs.values()])} />
          </Step>
          {round.accused.size > 0 && <Step title={text('explorer.step_accused',
            { n: round.accused.size })} isBegun tone="bad">
            <Accusations rows={own([...round.accused.values()])} of="proof" />
          </Step>}
          <Step title={text('explorer.step_listed', { n: round.lists.size })}
            isBegun={now >= slots.lists} from={slots.lists}>
            <ul class="rows">{own([...round.lists.values()]).map((list) => (
              <li key={list.key}><Key value={list.key} />
                <Slot slot={list.slot} /></li>))}</ul>
          </Step>
          {round.listsAccused.size > 0 && <Step tone="bad" isBegun
            title={text('explorer.step_lists_accused',
              { n: round.listsAccused.size })}>
            <Accusations rows={own([...round.listsAccused.values()])} of="list" />
          </Step>}
          <Payout read={read} paid={paid} />
        </ol>
      </Card>
      {paid && <Card title={text('explorer.list')}>
        <p class="muted">{paid.by && pieces('explorer.list_by',
          { key: <Key value={paid.by} /> })}</p>
        <ul class="rows">{own(paid.entries).map(({ key, amount }) => (
          <li key={key}><Key value={key} />
            <Amount value={amount} kind="change" {...formOf(state)} /></li>))}</ul>
      </Card>}
    </>
  );
}

/**
 * Own rows first.
 *
 * @template {{key: string}} Row
 * @param {Row[]} rows
 * @returns {Row[]}
 */
function own(rows) {
  const mine = ownNames.value;
  return [...rows].sort((a, b) =>
    Number(mine.has(b.key)) - Number(mine.has(a.key)));
}

/**
 * @param {{title: any, isBegun: boolean, from?: number, tone?: 'bad',
 *          children?: any}} props
 */
function Step({ title, isBegun, from, tone, children }) {
  return (
    <li class={`chain-step${isBegun ? ' begun' : ''}${
      tone ? ` is-${tone}` : ''}`}>
      <h2>{title}</h2>
      {from !== undefined && <p class="muted">{pieces(isBegun
        ? 'explorer.from_slot' : 'explorer.from_slot_later',
      { slot: isBegun ? <Slot slot={from} /> : number(from) })}</p>}
      {children}
    </li>
  );
}

/** @param {{rows: import('./timeline.js').Proof[]}} props */
function Proofs({ rows }) {
  return (
    <ul class="rows">{rows.map(({ key, slot, value }) => (
      <li key={key}>
        <Key value={key} />
        <span>{isCid(value ?? '') ? <Cid value={value ?? ''} />
          : <Outside words={value} max={128} />}</span>
        <Slot slot={slot} />
      </li>))}</ul>
  );
}

/**
 * @param {{rows: import('./timeline.js').Accusation[], of: 'proof' | 'list'
 *          }} props
 */
function Accusations({ rows, of }) {
  return (
    <ul class="rows">{rows.map((one) => {
      const { stands, valid, invalid } = verdictOf(one);
      return (
        <li key={one.key}>
          <span>{pieces(`explorer.accused_${of}`,
            { key: <Key value={one.key} />, by: <Key value={one.by} /> })}</span>
          <Badge tone={stands ? 'bad' : 'good'} icon={stands ? 'warn' : 'check'}>
            {text(stands ? 'explorer.stands' : 'explorer.refuted',
              { invalid, valid })}</Badge>
          <span class="votes">{one.votes.map((vote) => (
            <span key={vote.key}><Key value={vote.key} />{' '}
              {text(vote.isValid ? 'explorer.says_true'
                : 'explorer.says_false')}{' '}
              <Slot slot={vote.slot} /></span>))}</span>
        </li>
      );
    })}</ul>
  );
}

/**
 * @param {{read: import('./tasks.js').RoundRead,
 *          paid: ReturnType<typeof listPaid>}} props
 */
function Payout({ read, paid }) {
  const { round } = read;
  const form = formOf(read.state);
  const tried = round.payouts.filter(({ error }) => !error);
  const isPaid = round.record === 'PayoutSuccessful' ||
    tried.some(({ said }) => said.isPaid);
  const hasFailed = !isPaid && (round.record === 'PayoutFailed' ||
    tried.some(({ said }) => said.isPaid === false));
  const title = isPaid ? text('explorer.step_paid')
    : hasFailed ? text('explorer.step_pay_failed')
      : text('explorer.step_not_paid');
  const penalties = tried.flatMap(({ said }) => said.penalties);
  return (
    <Step title={title} isBegun={isPaid || hasFailed}
      tone={hasFailed ? 'bad' : undefined}>
      {paid && isPaid && <p>{pieces('explorer.paid_sum', {
        n: paid.gained, sum: <Amount value={paid.gains} {...form} />,
        k: paid.lost, lost: <Amount value={paid.losses} {...form} /> })}</p>}
      <ul class="rows">{round.payouts.map((payout) => {
        const { signature, by, slot, error, said } = payout;
        return (
        <li key={signature}>
          <Key value={by} /><Signature signature={signature} />
          {said.reasons.map((reason) =>
            <span class="muted"><Outside words={reason} /></span>)}
          {error && <span><Sentence sentence={errorSentence(error, payout)} /></span>}
          <Slot slot={slot} />
        </li>);
      })}</ul>
      {penalties.length > 0 && <>
        <h3>{text('explorer.penalties')}</h3>
        <ul class="rows">{own(penalties).map(({ key, amount, why }) => (
          <li><Key value={key} />
            <span>{text(`explorer.penalty_${why}`)}</span>
            <Amount value={`-${amount}`} kind="change" {...form} /></li>))}</ul>
      </>}
    </Step>
  );
}
