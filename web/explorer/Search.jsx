import { useEffect } from 'preact/hooks';
import { ownNames } from '../core/names.js';
import { go } from '../core/router.js';
import { text } from '../core/text.js';
import { Card } from '../parts/Card.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Outside } from '../parts/Outside.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { Shapes } from '../parts/Shapes.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { useChain } from './chain.js';
import { programNames } from './names.js';
import { goalOf, withName } from './search.js';
import { askTasks, isTask } from './tasks.js';

/**
 * #/explorer/search/TEXT — leads to what a text is, or shows whose name it is
 * part of.
 *
 * @param {{params: Record<string, string>}} props
 */
export default function Search({ params }) {
  const goal = goalOf(params.text);
  useEffect(() => {
    let isHere = true;
    if (goal.kind === 'route')
      go(`/explorer${goal.path}`, { replace: true });
    if (goal.kind === 'account')
      placeOf(goal.key).then((path) => isHere && go(path, { replace: true }));
    return () => { isHere = false; };
  }, [params.text]);
  return (
    <Screen title={text('explorer.search')}
      lead={<Outside words={params.text} max={128} />}>
      {goal.kind === 'names' ? <Names words={goal.words} />
        : goal.kind === 'empty' ? <Empty>{text('explorer.search_empty')}</Empty>
          : <Shapes />}
    </Screen>
  );
}

/**
 * A task's screen for a task; that of accounts says the rest, also why nothing
 * answers.
 *
 * @param {string} key
 */
async function placeOf(key) {
  const isOne = await isTask(key).catch(() => false);
  return `/explorer/${isOne ? 'task' : 'account'}/${key}`;
}

/** @param {{words: string}} props */
function Names({ words }) {
  const answer = useChain(askTasks, []);
  const known = [...[...ownNames.value].map(([key, name]) => ({ key, name })),
    ...programNames()];
  const tasks = answer.data ?? [];
  const taskKeys = new Set(tasks.map(({ key }) => key));
  const all = new Map([...known, ...tasks].map((one) => [one.key, one]));
  const found = withName(words, [...all.values()]);
  return (
    <Card>
      <Answered answer={answer}>
        {found.length ? (
          <ul class="rows">{found.map(({ key, name }) => (
            <li key={key}><TaskName task={key} name={name}
              href={`#/explorer/${taskKeys.has(key) ? 'task' : 'account'}/${key}`} />
            </li>))}</ul>
        ) : <Empty>{text('explorer.not_found')}</Empty>}
      </Answered>
    </Card>
  );
}
