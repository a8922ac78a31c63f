import { bytesText } from '../core/bytes.js';
import { plain } from '../core/plain.js';
import { useAnswer } from '../core/store.js';
import { text } from '../core/text.js';
import { Card } from '../parts/Card.jsx';
import { Cid } from '../parts/Cid.jsx';
import { GatewayLink } from '../parts/GatewayLink.jsx';
import { Icon } from '../parts/Icon.jsx';
import { Outside } from '../parts/Outside.jsx';
import { Answered } from '../parts/Screen.jsx';
import { TextView } from '../parts/TextView.jsx';
import { TaskFrame } from './TaskFrame.jsx';

/**
 * #/tasks/ID/evidence/CID?path=… — text or bytes, and nothing else.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function EvidenceLook({ params, query }) {
  return (
    <TaskFrame id={params.task} title={text('task.evidence')}>
      {(task) => <Content task={task.task} cid={params.cid}
        path={query.get('path') ?? ''} />}
    </TaskFrame>
  );
}

/** @param {{task: string, cid: string, path: string}} props */
function Content({ task, cid, path }) {
  const answer = useAnswer(`evidence/${encodeURIComponent(cid)}`,
    { query: { path: path || undefined } });
  const above = `#/tasks/${task}/evidence`;
  const parts = path.split('/').filter(Boolean);
  return (
    <Card title={path ? plain(parts.at(-1) ?? '') : text('task.evidence')}
      actions={<GatewayLink cid={cid} path={path} />}>
      <nav class="crumbs" aria-label={text('evidence.way')}>
        <a href={above}>{text('evidence.all')}</a>
        {path ? <a href={`${above}/${cid}`}><Cid value={cid} isPlain /></a>
          : <Cid value={cid} />}
        {parts.slice(0, -1).map((part, at) => (
          <a key={at} href={`${above}/${cid}?path=${encodeURIComponent(
            parts.slice(0, at + 1).join('/'))}`}><Outside words={part} /></a>
        ))}
      </nav>
      <Answered answer={answer}>
        {(/** @type {any} */ found) => found.type === 'folder'
          ? <Folder items={found.items} isCut={found.cut}
            hrefOf={(name) => `${above}/${cid}?path=${encodeURIComponent(
              path ? `${path}/${name}` : name)}`} />
          : <File found={found} />}
      </Answered>
    </Card>
  );
}

/**
 * @param {{items: {name: string, bytes: number}[], isCut: boolean,
 *          hrefOf: (name: string) => string}} props
 */
function Folder({ items, isCut, hrefOf }) {
  return (
    <>
      <ul class="rows">
        {items.map(({ name, bytes }) => (
          <li key={name}>
            <a class="crumb" href={hrefOf(name)}><Icon name="log" />
              <Outside words={name} /></a>
            <span class="muted">{bytesText(bytes)}</span>
          </li>
        ))}
      </ul>
      {isCut && <p class="muted">{text('text.cut')}</p>}
    </>
  );
}

/**
 * @param {{found: {type: string, bytes?: number, text?: string, hex?: string,
 *          cut?: boolean}}} props
 */
function File({ found }) {
  return (
    <>
      {found.bytes !== undefined &&
        <p class="muted">{bytesText(found.bytes)}</p>}
      <TextView label={text(found.type === 'link' ? 'evidence.link'
        : found.hex === undefined ? 'evidence.text' : 'evidence.hex')}
        words={found.text} hex={found.hex} isCut={found.cut} />
    </>
  );
}
