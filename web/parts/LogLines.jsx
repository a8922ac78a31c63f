import { get } from '../core/api.js';
import { useLog } from '../core/log.js';
import { save } from '../core/save.js';
import { LogView } from './LogView.jsx';
import { Answered } from './Screen.jsx';

/**
 * A log of the node's, by its path and its topic, with all that one does to it.
 *
 * @param {{label: string, path: string, topic: string, name: string}} props
 * name: of the file that it is saved as
 */
export function LogLines({ label, path, topic, name }) {
  const log = useLog(path, topic);
  return (
    <Answered answer={{ data: log.isReady ? log : undefined, error: log.error,
      reload: log.reload }}>
      <LogView label={label} lines={log.lines} came={log.came}
        dropped={log.dropped} hasMore={log.hasMore} onMore={log.more}
        onSave={async () => save(name, await get(`${path}.txt`), 'text/plain')} />
    </Answered>
  );
}
