import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.js';
import { connection, seedTopic } from '../core/live.js';
import { learnNames } from '../core/names.js';
import { attention, headline, node } from '../core/node.js';
import { useTopic } from '../core/store.js';
import { text } from '../core/text.js';
import { duration, now } from '../core/time.js';
import { Amount } from '../parts/Amount.jsx';
import { AttentionRows } from '../parts/AttentionRows.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { ClaimSheet } from '../parts/ClaimSheet.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Figure, Figures } from '../parts/Figure.jsx';
import { Screen } from '../parts/Screen.jsx';
import { UnlockSheet } from '../parts/UnlockSheet.jsx';
import { hasPlace } from '../routes.js';
import { NodeTasks } from './NodeTasks.jsx';

const ATTENTION_SHOWN = 3;

/** #/ — is all well? */
export default function Node() {
  const tasks = useTopic('tasks');
  const [sheet, setSheet] = useState(/** @type {'claim' | 'unlock' | null} */(null));
  const rows = Object.values(tasks.data ?? {});

  useEffect(() => {
    // Sooner than the live connection; what fails here, that one meets, too.
    get('tasks').then(({ items }) => seedTopic('tasks', Object.fromEntries(
      items.map((/** @type {any} */ task) => [task.task, task]))), () => {});
  }, []);
  useEffect(() => learnNames(rows.map(({ task, name }) => [task, name])),
    [tasks.data]);

  const owing = rows.filter(({ state, token, claimable }) => !token &&
    state !== 'stopped' && claimable && claimable !== '0');
  return (
    <Screen title={text('bar.node')} head={<Sentence />} answer={tasks}>
      <NodeFigures onClaim={owing.length
        ? () => setSheet('claim') : undefined} />
      <Attention rows={rows} onUnlock={() => setSheet('unlock')} />
      {rows.length ? <NodeTasks rows={rows} /> : <NoTask />}
      {sheet === 'claim' &&
        <ClaimSheet tasks={owing} onClose={() => setSheet(null)} />}
      {sheet === 'unlock' && <UnlockSheet onClose={() => setSheet(null)} />}
    </Screen>
  );
}

/** What is to be said first. The node chooses which; that it does not answer is
 * the page's to see. */
function Sentence() {
  const { state, since } = connection.value;
  if (state === 'lost')
    return <>{text('app.lost', { time: duration(now.value - since) })}</>;
  if (!node.value?.sentence)
    return <>{text('bar.node')}</>;
  const told = headline(node.value.sentence, attention.value);
  return <>{text(`sentence.${told.kind}`, told)}</>;
}

/** @param {{onClaim?: () => void}} props */
function NodeFigures({ onClaim }) {
  const { figures = {} } = node.value ?? {};
  return (
    <Figures label={text('node.figures')}>
      <Figure label={text('node.wallet')}>
        <Amount value={figures.wallet} />
      </Figure>
      <Figure label={text('node.claimable')}
        note={figures.claiming && figures.claiming !== '0' &&
          <>{text('node.claiming')} <Amount value={figures.claiming} /></>}
        action={onClaim && <Button icon="claim" acts onPress={onClaim}>
          {text('node.claim_all')}</Button>}>
        <Amount value={figures.claimable} />
      </Figure>
      <Figure label={text('node.staked')}
        note={figures.cooling && figures.cooling !== '0' &&
          <>{text('node.cooling')} <Amount value={figures.cooling} /></>}>
        <Amount value={figures.staked} />
      </Figure>
      <Figure label={text('node.earned')}
        note={figures.earned_yesterday !== undefined && <>
          {text('node.yesterday')}{' '}
          <Amount value={figures.earned_yesterday} kind="change" /></>}>
        <Amount value={figures.earned_today} kind="change" />
      </Figure>
    </Figures>
  );
}

/** @param {{rows: import('../core/task.js').Task[], onUnlock: () => void}} props */
function Attention({ rows, onUnlock }) {
  const all = attention.value;
  if (!all.length)
    return null;
  const shown = all.slice(0, ATTENTION_SHOWN);
  const more = all.length - shown.length;

  return (
    <section class="card" aria-labelledby="attention-head">
      <h2 id="attention-head" class="hidden">{text('attention.list')}</h2>
      <AttentionRows rows={shown} onUnlock={onUnlock}
        names={(id) => rows.find(({ task }) => task === id)?.name} />
      {more > 0 &&
        <a href="#/attention">{text('attention.more', { n: more })}</a>}
    </section>
  );
}

function NoTask() {
  return (
    <Empty action={hasPlace('add') && (
      <LinkButton kind="primary" href="#/add" icon="add">
        {text('bar.add')}</LinkButton>)}>
      {text('node.empty')}
    </Empty>
  );
}
