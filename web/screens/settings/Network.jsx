import { useMemo, useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { useAnswer } from '../../core/store.js';
import { language, text } from '../../core/text.js';
import { Badge } from '../../parts/Badge.jsx';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Menu } from '../../parts/Menu.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Sheet } from '../../parts/Sheet.jsx';
import { Table } from '../../parts/Table.jsx';
import { restart, toldRestart } from './places.js';
import { UrlSheet } from './UrlSheet.jsx';

/**
 * @typedef {{url: string, state: string, slot: number, used?: boolean,
 *            ping_ms?: number, error?: string}} Endpoint
 * @typedef {{id: string, urls: string[], comes: boolean, own: boolean}} Net
 * @typedef {{items: Net[], used: string | null, settlement: {genesis: string,
 *            endpoints: Endpoint[]}}} Networks
 */

const REFRESH_MS = 10000;
const TONES = /** @type {Record<string, 'good' | 'warn' | 'bad'>} */(
  { good: 'good', behind: 'warn', away: 'bad', other: 'bad' });

/** #/settings/network — settlement's endpoints, and which the node uses. */
export default function Network() {
  const answer = useAnswer('networks', { everyMs: REFRESH_MS });
  return (
    <>
      <Answered answer={answer}>
        {(/** @type {Networks} */ networks) => (
          <>
            <InUse networks={networks} />
            <All networks={networks} onChanged={answer.reload} />
          </>
        )}
      </Answered>
      <Card title={text('settings.restart')}>
        <p class="muted">{text('settings.restart_what')}</p>
        <div class="actions">
          <Button icon="restart" acts onPress={restart}>
            {text('settings.restart')}</Button>
        </div>
      </Card>
    </>
  );
}

/** @param {{networks: Networks}} props */
function InUse({ networks: { used, settlement } }) {
  const own = used ?? text('settings.network_given');
  return (
    <Card title={text('settings.network_used')}>
      <p>{used ? <code>{own}</code> : own}</p>
      <Endpoints items={settlement.endpoints} />
    </Card>
  );
}

/** @param {{items: Endpoint[]}} props */
export function Endpoints({ items }) {
  return (
    <ul class="rows">
      {items.map((one) => (
        <li key={one.url}>
          <code>{one.url}</code>
          <Badge tone={TONES[one.state] ?? 'info'}>
            {text(`settings.network_${one.state}`)}</Badge>
          <span class="muted">{text('settings.network_slot',
            { n: one.slot, ms: one.ping_ms ?? '–' })}</span>
          {one.error && <span class="muted" translate={false}>{one.error}</span>}
        </li>
      ))}
    </ul>
  );
}

/** @param {{networks: Networks, onChanged: () => void}} props */
function All({ networks: { items, used }, onChanged }) {
  const [asked, setAsked] = useState(/** @type {Net | null} */(null));
  const [wanted, setWanted] = useState(/** @type {Net | null} */(null));
  const [tested, setTested] = useState(
    /** @type {{id: string, items: Endpoint[]} | null} */(null));

  /** @param {string} id */
  async function test(id) {
    setTested({ id, items: (await order(`networks/${id}/test`)).items });
  }

  const columns = useMemo(() => [
    { id: 'name', label: text('settings.network_name'), isHead: true,
      cell: (/** @type {Net} */ { id }) => (
        <><code>{id}</code>{' '}{id === used &&
          <Badge tone="good" icon="check">{text('settings.network_used')}</Badge>}
        </>
      ) },
    { id: 'urls', label: text('settings.network_endpoints'),
      cell: (/** @type {Net} */ { urls }) => <ul class="rows">
        {urls.map((url) => <li key={url}><code>{url}</code></li>)}</ul> },
    { id: 'actions', label: text('node.actions'), isAction: true,
      cell: (/** @type {Net} */ row) => (
        <Menu label={row.id}>
          {row.id !== used && <Button kind="quiet" acts
            onPress={() => setWanted(row)}>{text('settings.network_use')}</Button>}
          <Button kind="quiet" acts onPress={() => test(row.id)}>
            {text('settings.test')}</Button>
          <Button kind="quiet" onPress={() => setAsked(row)}>
            {text('attention.change')}</Button>
        </Menu>
      ) },
  ], [language.value, used]);
  return (
    <Card title={text('settings.network_all')}>
      <Table label={text('settings.network_all')} rows={items} columns={columns}
        keyOf={({ id }) => id} />
      <div class="actions">
        <Button icon="add" onPress={() => setAsked(
          { id: '', urls: [], comes: false, own: false })}>
          {text('settings.network_add')}</Button>
      </div>
      {asked && <UrlSheet title={asked.id || text('settings.network_add')}
        path={asked.id ? `networks/${asked.id}` : 'networks'} hasName={!asked.id}
        urls={asked.urls.join(' ')} remove={asked.own && asked.id !== used &&
          text(asked.comes ? 'settings.network_reset' : 'settings.remove')}
        bodyOf={(urls) => ({ urls: urls.split(/\s+/).filter(Boolean) })}
        onClose={() => setAsked(null)} onDone={onChanged} />}
      {wanted && <UseSheet id={wanted.id} onClose={() => setWanted(null)} />}
      {tested && <Sheet title={tested.id} onClose={() => setTested(null)}>
        <Endpoints items={tested.items} /></Sheet>}
    </Card>
  );
}

/** @param {{id: string, onClose: () => void}} props */
function UseSheet({ id, onClose }) {
  async function use() {
    toldRestart(await order(`networks/${id}/use`));
    onClose();
  }

  return (
    <Sheet title={text('settings.network_use_it', { name: id })}
      onClose={onClose} actions={<Button kind="primary" acts onPress={use}>
        {text('settings.network_use_restart')}</Button>}>
      <p>{text('settings.network_use_what')}</p>
    </Sheet>
  );
}
