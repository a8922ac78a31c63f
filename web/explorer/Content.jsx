import { text } from '../core/text.js';
import { Card } from '../parts/Card.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Copy } from '../parts/Copy.jsx';
import { GatewayLink } from '../parts/GatewayLink.jsx';
import { Key } from '../parts/Key.jsx';
import { Outside } from '../parts/Outside.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { useChain } from './chain.js';
import { isCid } from './search.js';
import { askTask, askTasks } from './tasks.js';

/** Tasks whose states are read through for it. */
const TASKS_MAX = 40;

/**
 * #/explorer/cid/CID — where a CID stands on chain.
 *
 * @param {{params: Record<string, string>}} props
 */
export default function Content({ params }) {
  const { cid } = params;
  const answer = useChain(() => findCid(cid), [cid]);
  return (
    <Screen title={text('explorer.content')}
      lead={<><code class="chain-whole"><Outside words={cid} max={128} /></code>{' '}
        {isCid(cid) && <Copy value={cid} what={text('cid.what', { cid })} />}</>}>
      {isCid(cid) ? <Card title={text('explorer.stands_where')}
        actions={<GatewayLink cid={cid} />}>
        <Answered answer={answer}>
          {answer.data?.found.length ? <Places found={answer.data.found} />
            : <Empty>{text('explorer.stands_nowhere')}</Empty>}
          {answer.data?.isCut &&
            <p class="muted">{text('explorer.cid_cut', { n: TASKS_MAX })}</p>}
        </Answered>
      </Card> : <Empty>{text('explorer.no_cid')}</Empty>}
    </Screen>
  );
}

/**
 * @typedef {{kind: 'code' | 'metadata' | 'proof', task: string, name: string,
 *            round?: number, key?: string}} Place
 */

/** @param {string} cid */
async function findCid(cid) {
  const tasks = isCid(cid) ? await askTasks() : [];
  const states = await Promise.all(tasks.slice(0, TASKS_MAX)
    .map(async ({ key, name }) => ({ key, name, ...await askTask(key) })));
  const found = states.flatMap(({ key, name, state }) => state
    ? placesIn(cid, key, name, state) : []);
  return { found, isCut: tasks.length > TASKS_MAX };
}

/**
 * @param {string} cid
 * @param {string} task
 * @param {string} name
 * @param {any} state
 * @returns {Place[]}
 */
function placesIn(cid, task, name, state) {
  /** @type {Place[]} */
  const found = [];
  if (state.task_audit_program === cid)
    found.push({ kind: 'code', task, name });
  if (state.task_metadata === cid)
    found.push({ kind: 'metadata', task, name });
  for (const [round, proofs] of Object.entries(state.submissions ?? {})) {
    for (const [key, proof] of Object.entries(proofs)) {
      if (proof.submission_value === cid)
        found.push({ kind: 'proof', task, name, round: Number(round), key });
    }
  }
  return found;
}

/** @param {{found: Place[]}} props */
function Places({ found }) {
  return (
    <ul class="rows">{found.map(({ kind, task, name, round, key }) => (
      <li>
        <span>{text(`explorer.cid_${kind}`)}</span>
        <TaskName task={task} name={name} href={`#/explorer/task/${task}`} />
        {key && <Key value={key} />}
        {round !== undefined && <a href={`#/explorer/task/${task}/round/${round}`}>
          {text('explorer.round_title', { n: round })}</a>}
      </li>))}</ul>
  );
}
