import { useEffect } from 'preact/hooks';
import { fittingTasks, roundMs } from '../../core/catalog.js';
import { node } from '../../core/node.js';
import { go } from '../../core/router.js';
import { stepTo } from '../../core/setup.js';
import { useAnswer, useTopic } from '../../core/store.js';
import { text } from '../../core/text.js';
import { duration } from '../../core/time.js';
import { Amount } from '../../parts/Amount.jsx';
import { Button, LinkButton } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Empty } from '../../parts/Empty.jsx';
import { Screen } from '../../parts/Screen.jsx';
import { TaskName } from '../../parts/TaskName.jsx';
import { latelyText } from '../../parts/Terms.jsx';
import { StartSheet } from '../StartSheet.jsx';

/** @typedef {import('../../core/catalog.js').CatalogRow} CatalogRow */

const SHOWN = 6;

/**
 * Steps 7 and 8: a few tasks that this wallet can afford, and what starting one
 * means.
 *
 * @param {{task: string | null}} props
 */
export function SetupTask({ task }) {
  const answer = useAnswer('catalog', { everyMs: 60000 });
  const rows = answer.data?.items;
  const here = useTopic('tasks').data;
  const started = Object.keys(here ?? {})[0];
  useEffect(() => {
    // Another way has led to a task meanwhile.
    if (started)
      stepTo('9', `?task=${started}`);
  }, [started]);
  return (
    <Screen title={text('setup.task')} lead={text('setup.task_what')}
      answer={answer}>
      {rows && <Choice rows={rows} />}
      <div class="actions">
        <LinkButton href="#/add">{text('setup.all_tasks')}</LinkButton>
        <Button acts onPress={() => stepTo('6')}>{text('setup.back')}</Button>
        <Button kind="quiet" acts onPress={() => stepTo('done')}>
          {text('setup.look_around')}</Button>
      </div>
      {task && <Before id={task} />}
    </Screen>
  );
}

/** @param {{rows: CatalogRow[]}} props */
function Choice({ rows }) {
  const fit = fittingTasks(rows, { find: '', kind: 'afford', hasStopped: false,
    wallet: node.value?.figures?.wallet })
    .sort((a, b) => b.payouts.successful - a.payouts.successful)
    .slice(0, SHOWN);
  if (!fit.length)
    return <Empty action={<Button acts onPress={() => stepTo('6')}>
      {text('setup.coins')}</Button>}>
      {text(rows.length ? 'setup.none_affordable' : 'add.empty')}</Empty>;
  return (
    <div class="setup-cards">
      {fit.map((row) => (
        <Card key={row.task}>
          <h2><TaskName task={row.task} name={row.name} /></h2>
          <dl class="pairs">
            <div><dt>{text('add.stake_from')}</dt>
              <dd><Amount value={row.minimum_stake} /></dd></div>
            <div><dt>{text('add.pays')}</dt>
              <dd><Amount value={row.bounty_per_round} /></dd></div>
            <div><dt>{text('add.round')}</dt><dd>{roundMs(row)
              ? duration(roundMs(row))
              : text('add.slots', { n: row.round_time })}</dd></div>
            <div><dt>{text('add.lately')}</dt><dd>{latelyText(row)}</dd></div>
          </dl>
          <div class="actions">
            <Button acts label={`${text('setup.take_task')} ${row.name}`}
              onPress={() => stepTo('8', `?task=${row.task}`)}>
              {text('setup.take_task')}</Button>
          </div>
        </Card>
      ))}
    </div>
  );
}

/**
 * The terms of one, and its start.
 *
 * @param {{id: string}} props
 */
function Before({ id }) {
  const terms = useAnswer(`catalog/${id}`);
  const stored = useAnswer(`catalog/${id}/metadata`);
  if (!terms.data || (!stored.data && !stored.error))
    return null;
  return <StartSheet task={terms.data} needs={stored.data?.needs ?? []}
    onStarted={() => stepTo('9', `?task=${id}`)}
    onClose={() => stepTo('7').catch(() => go('/setup/7'))} />;
}
