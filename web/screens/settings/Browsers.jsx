import { useMemo } from 'preact/hooks';
import { order } from '../../core/api.js';
import { useAnswer } from '../../core/store.js';
import { language, pieces, text } from '../../core/text.js';
import { Agent } from '../../parts/Agent.jsx';
import { Badge } from '../../parts/Badge.jsx';
import { Button } from '../../parts/Button.jsx';
import { say } from '../../parts/Notice.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Table } from '../../parts/Table.jsx';
import { Time } from '../../parts/Time.jsx';

/** @typedef {{id: string, made: number, used: number, agent: string,
 *             is_this: boolean}} Session */

const REFRESH_MS = 15000;

/** #/settings/browsers — who else controls this node. */
export default function Browsers() {
  const sessions = useAnswer('sessions', { everyMs: REFRESH_MS });
  const others = (sessions.data?.items ?? [])
    .filter((/** @type {Session} */ one) => !one.is_this);

  /** @param {Session[]} ended */
  async function disconnect(ended) {
    try {
      for (const { id } of ended)
        await order(`sessions/${id}`, {}, { method: 'DELETE' });
      say({ tone: 'good', words: text('browsers.done', { n: ended.length }) });
    } finally {
      sessions.reload();
    }
  }

  const columns = useMemo(() => [
    { id: 'agent', label: text('browsers.browser'), isHead: true,
      cell: (/** @type {Session} */ one) => (
        <>
          <Agent agent={one.agent} />{' '}
          {one.is_this && <Badge tone="good">{text('browsers.this')}</Badge>}
        </>
      ) },
    { id: 'made', label: text('browsers.made'),
      cell: (/** @type {Session} */ { made }) => <Time at={made} isQuiet /> },
    { id: 'used', label: text('browsers.used'),
      cell: (/** @type {Session} */ { used }) => <Time at={used} isQuiet /> },
    { id: 'end', label: text('browsers.disconnect'), isAction: true,
      cell: (/** @type {Session} */ one) => (
        <Button acts onPress={() => disconnect([one])}>
          {text('browsers.disconnect')}</Button>
      ) },
  ], [language.value]);

  return (
    <>
      <p class="muted">{pieces('browsers.what',
        { command: <code class="typed">pond page</code> })}</p>
      <Answered answer={sessions}>
        {(/** @type {{items: Session[]}} */ { items }) =>
          <Table label={text('settings.browsers')} columns={columns}
            rows={items} keyOf={({ id }) => id} />}
      </Answered>
      {others.length > 1 && (
        <div class="actions">
          <Button kind="danger" acts onPress={() => disconnect(others)}>
            {text('browsers.others')}</Button>
        </div>
      )}
    </>
  );
}
