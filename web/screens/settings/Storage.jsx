import { useMemo, useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { bytesText } from '../../core/bytes.js';
import { useAnswer, useTopic } from '../../core/store.js';
import { language, text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Empty } from '../../parts/Empty.jsx';
import { Menu } from '../../parts/Menu.jsx';
import { say } from '../../parts/Notice.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Table } from '../../parts/Table.jsx';
import { TaskName } from '../../parts/TaskName.jsx';
import { PlaceForm } from './PlaceForm.jsx';
import { usePlaces } from './places.js';
import { UrlSheet } from './UrlSheet.jsx';

const MIB_IN_GIB = 1 / 1024;

/**
 * @typedef {{task: string | null, bytes: number, pins: number}} Usage
 * @typedef {{folder: string, bytes: number, limit: number, free: number,
 *            tasks: Usage[]}} Stored
 * @typedef {{id: string, url: string}} Service
 */

/** #/settings/storage — what is kept here, and who else is asked for it. */
export default function Storage() {
  const stored = useAnswer('storage');
  const { answer, places } = usePlaces();
  const names = useTopic('tasks').data;
  const columns = useMemo(() => [
    { id: 'task', label: text('attention.task'), isHead: true,
      cell: (/** @type {Usage} */ { task }) => task
        ? <TaskName task={task} name={names?.[task]?.name} />
        : text('settings.storage_hand') },
    { id: 'bytes', label: text('settings.storage_keeps'), isNumber: true,
      cell: (/** @type {Usage} */ { bytes }) => bytesText(bytes) },
  ], [language.value, names]);
  return (
    <>
      <Answered answer={stored}>
        {(/** @type {Stored} */ { folder, bytes, limit, free, tasks }) => (
          <Card title={text('settings.storage_here')}>
            <p>{text('settings.storage_used', { used: bytesText(bytes),
              limit: bytesText(limit), free: bytesText(free) })}</p>
            <p class="muted"><code>{folder}</code></p>
            {tasks.length
              ? <Table label={text('settings.storage_here')} rows={tasks}
                columns={columns} keyOf={({ task }) => task ?? ''} />
              : <Empty>{text('settings.storage_empty')}</Empty>}
            {places && <PlaceForm name="storage" places={places}
              onSaved={answer.reload} also={['gateways']} fields={[
                { name: 'store-limit', label: text('settings.storage_limit'),
                  unit: 'GiB', scale: MIB_IN_GIB, min: 1, max: 2 ** 30 }]} />}
          </Card>
        )}
      </Answered>
      <Services onChanged={answer.reload} />
    </>
  );
}

/** @param {{onChanged: () => void}} props */
function Services({ onChanged }) {
  const services = useAnswer('services');
  const [asked, setAsked] = useState(/** @type {Service | null} */(null));

  /** @param {Service} service */
  async function test({ id, url }) {
    const { ms } = await order(`services/${id}/test`);
    say({ tone: 'good', words: text('settings.storage_answers', { url, n: ms }) });
  }

  function done() {
    services.reload();
    onChanged();
  }

  const columns = useMemo(() => [
    { id: 'url', label: text('settings.storage_gateway'), isHead: true,
      cell: (/** @type {Service} */ { url }) => <code>{url}</code> },
    { id: 'actions', label: text('node.actions'), isAction: true,
      cell: (/** @type {Service} */ row) => (
        <Menu label={row.url}>
          <Button kind="quiet" acts onPress={() => test(row)}>
            {text('settings.test')}</Button>
          <Button kind="quiet" onPress={() => setAsked(row)}>
            {text('attention.change')}</Button>
        </Menu>
      ) },
  ], [language.value]);
  return (
    <Card title={text('settings.storage_services')}>
      <p class="muted">{text('settings.storage_services_what')}</p>
      <Answered answer={services}>
        {(/** @type {{items: Service[]}} */ { items }) => items.length > 0 && (
          <Table label={text('settings.storage_services')} rows={items}
            columns={columns} keyOf={({ id }) => id} />
        )}
      </Answered>
      <div class="actions">
        <Button icon="add" onPress={() => setAsked({ id: 'new', url: '' })}>
          {text('settings.storage_add')}</Button>
      </div>
      {asked && <UrlSheet title={text('settings.storage_gateway')}
        path={`services/${asked.id}`} urls={asked.url}
        remove={asked.id !== 'new' && text('settings.remove')}
        bodyOf={(url) => ({ url })} onClose={() => setAsked(null)}
        onDone={done} />}
    </Card>
  );
}
