import { useRef, useState } from 'preact/hooks';
import { baseUnits, formatAmount } from '../core/amount.js';
import { ApiError, order } from '../core/api.js';
import { useDraft } from '../core/drafts.js';
import { plain } from '../core/plain.js';
import { useAnswer } from '../core/store.js';
import { text } from '../core/text.js';
import { Badge } from '../parts/Badge.jsx';
import { Button } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Field, focusFirstError } from '../parts/Field.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Progress } from '../parts/Progress.jsx';
import { Answered } from '../parts/Screen.jsx';
import { TextView } from '../parts/TextView.jsx';

const LOOK_MS = 500;
/** src/node/page/api_simulate.c has the limits. */
const MOST = 20;

/**
 * @typedef {{round: number, node: number, is: string, submission: string | null,
 *            accused: boolean, round_paid: boolean, reward: string, lost: string
 *            }} Work
 * @typedef {{round: number, node: number | null, function: string | null,
 *            text: string, stack: string | null}} Fault
 */

/**
 * Rounds of a task on nodes of this computer, before it is on chain.
 *
 * @param {{folder: string}} props
 */
export function Simulate({ folder }) {
  const { draft } = useDraft('simulate',
    { nodes: '4', cheaters: '1', rounds: '3', job: '', folder: '' });
  const { nodes, cheaters, rounds, job } = draft.value;
  const [fault, setFault] = useState(/** @type {ApiError | null} */(null));
  const form = useRef(/** @type {HTMLDivElement | null} */(null));
  const id = draft.value.folder === folder ? job : '';
  const [isRunning, setRunning] = useState(id !== '');
  const answer = useAnswer(id ? `create/simulations/${id}` : null,
    { everyMs: isRunning ? LOOK_MS : undefined });
  const { data } = answer;
  if (data && (data.state === 'running') !== isRunning)
    setRunning(data.state === 'running');

  async function simulate() {
    setFault(null);
    try {
      const taken = await order('create/simulate', { folder,
        nodes: Number(nodes), cheaters: Number(cheaters),
        rounds: Number(rounds) });
      draft.value = { ...draft.value, folder,
        job: taken.job.replace('simulation-', '') };
      setRunning(true);
    } catch (error) {
      if (!(error instanceof ApiError) || !error.field)
        throw error;
      setFault(error);
      focusFirstError(form.current);
    }
  }

  /** @param {'nodes' | 'cheaters' | 'rounds'} name @param {number} max */
  function field(name, max) {
    return <Field label={text(`simulate.field_${name}`)} inputMode="numeric"
      value={draft.value[name]} error={fault?.field === name
        ? text('simulate.range', { least: name === 'cheaters' ? 0 : 1, max }) : null}
      onInput={(value) => { draft.value = { ...draft.value, [name]: value }; }} />;
  }

  return (
    <Card title={text('simulate.title')} actions={isRunning
      ? <Button icon="cross" acts onPress={() => order(`jobs/simulation-${id}`,
        {}, { method: 'DELETE' })}>{text('simulate.stop')}</Button>
      : <Button icon="play" acts onPress={simulate}>
        {text('simulate.start', { n: Number(rounds) || 0 })}</Button>}>
      <p class="muted">{text('simulate.what')}</p>
      <div class="filters" ref={form}>
        {field('nodes', MOST)}
        {field('cheaters', Math.max(0, Math.min(Number(nodes) || 1, MOST) - 1))}
        {field('rounds', MOST)}
      </div>
      {id && <Answered answer={answer} lines={2}>
        {data?.state === 'running'
          ? <Progress label={data.step ? text('simulate.at', { n: data.step,
            of: data.of }) : text('simulate.begins')}
          value={data.step || undefined} max={data.of || 1} />
          : data && <Result {...data} />}
      </Answered>}
    </Card>
  );
}

/** @param {any} props of GET create/simulations */
function Result({ state, error, hint, result }) {
  /** @type {Work[]} */
  const works = result?.works ?? [];
  /** @type {Fault[]} */
  const faults = result?.faults ?? [];
  const count = result?.fault_count ?? 0;
  return (
    <>
      {state === 'called_off' ? <Notice tone="info">
        <p>{text('simulate.stopped')}</p></Notice>
        : faults.length || state === 'failed'
          ? <Notice tone="bad" isUrgent>
            {faults.length ? <FirstFault fault={faults[0]} />
              : [error, hint].map((words) => words &&
                <p class="outside">{plain(words, { max: 1024 })}</p>)}
            {count > 1 && <p>{text('simulate.more', { n: count - 1 })}</p>}
          </Notice>
          : <Notice tone="good"><p>{text('simulate.good')}</p></Notice>}
      {works.length > 0 && <Nodes works={works}
        decimals={result.decimals} />}
    </>
  );
}

/** @param {{fault: Fault}} props */
function FirstFault({ fault }) {
  const { round, node, stack } = fault;
  const place = placeOf(stack);
  return (
    <>
      <p>{text(fault.function ? 'simulate.threw' : 'simulate.wrong', { round,
        node: node ?? 0, function: plain(fault.function) })}</p>
      <p class="outside">{plain(fault.text, { max: 512 })}</p>
      {place && <p><code>{place}</code></p>}
      {stack && <TextView label={text('simulate.stack')} words={stack} />}
    </>
  );
}

/**
 * The author's own line, as the stack names it: "src/task.js:6:52".
 *
 * @param {string | null} stack
 */
function placeOf(stack) {
  return /[^\s()]+:\d+:\d+/.exec(stack ?? '')?.[0];
}

/** @param {{works: Work[], decimals: number}} props */
function Nodes({ works, decimals }) {
  /** @type {Map<number, Work[]>} */
  const nodes = new Map();
  for (const work of works)
    nodes.set(work.node, [...nodes.get(work.node) ?? [], work]);
  return (
    <ul class="rows">{[...nodes].map(([node, own]) => (
      <li key={node}>
        <span>{text('simulate.node', { n: node })}{' '}
          {own[0].is !== 'honest' && <Badge tone="warn" icon="warn">
            {text(`simulate.is_${own[0].is}`)}</Badge>}</span>
        <Ribbon works={own} decimals={decimals} />
      </li>))}
    </ul>
  );
}

/** How outcomes look, as those of a node's own rounds do (core/rounds.js, which
 * would come with the first screen, were it used here). */
const LOOKS = { paid: '✓ good', slashed: '▼ bad', missed: '✕ bad',
  accused: '! warn', given_up: '✕ bad' };

/** @param {{works: Work[], decimals: number}} props */
function Ribbon({ works, decimals }) {
  return (
    <ol class="ribbon" aria-label={text('ribbon.label')} tabIndex={0}>
      {[...works].reverse().map((work) => {
        const outcome = outcomeOf(work);
        const [sign, tone] = LOOKS[outcome].split(' ');
        const change = baseUnits(work.reward) - baseUnits(work.lost);
        return (
          <li key={work.round}><div>
            <span class={`ribbon-sign ${tone}`} aria-hidden="true">{sign}</span>
            <span class="hidden">{text(`outcome.${outcome}`)} </span>
            <span class="ribbon-round">{work.round}</span>
            <span class="ribbon-amount">{formatAmount(change,
              { kind: 'change', decimals })}</span>
          </div></li>
        );
      })}
    </ol>
  );
}

/** @param {Work} work */
function outcomeOf({ submission, accused, round_paid: isPaid, reward, lost }) {
  return lost !== '0' ? 'slashed' : submission === null ? 'missed'
    : accused && reward === '0' ? 'accused' : isPaid ? 'paid' : 'given_up';
}
