import { useRef, useState } from 'preact/hooks';
import { ApiError, errorText, order } from '../core/api.js';
import { useDraft } from '../core/drafts.js';
import { plain } from '../core/plain.js';
import { go } from '../core/router.js';
import { useAnswer } from '../core/store.js';
import { text } from '../core/text.js';
import { Button } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Field, focusFirstError } from '../parts/Field.jsx';
import { shortKey } from '../parts/Key.jsx';
import { Screen } from '../parts/Screen.jsx';
import { Time } from '../parts/Time.jsx';
import { CreateCheck } from './CreateCheck.jsx';

/**
 * #/create/new?folder=PATH&task=ID — a task in a folder, on its way to the
 * chain; with a task, that one moved to the folder's terms.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function CreateNew({ query }) {
  const folder = query.get('folder');
  const task = query.get('task') ?? '';
  return folder
    ? <CreateCheck key={folder + task} folder={folder} task={task} />
    : <CreateFolder task={task} />;
}

/**
 * @param {string} folder
 * @param {string} task
 */
export function checkPath(folder, task) {
  return `/create/new?${new URLSearchParams({ ...(folder && { folder }),
    ...(task && { task }) })}`;
}

/** @param {{task: string}} props */
function CreateFolder({ task }) {
  const { draft } = useDraft('create', { folder: '' });
  const recent = useAnswer('create/folders');
  const [fault, setFault] = useState(/** @type {string | null} */(null));
  const form = useRef(/** @type {HTMLFormElement | null} */(null));

  async function check() {
    const folder = draft.value.folder.trim();
    setFault(null);
    try {
      await order('create/check', { folder }, { isLong: true });
    } catch (error) {
      if (!(error instanceof ApiError) || error.field !== 'folder')
        throw error;
      setFault(errorText(error));
      focusFirstError(form.current);
      return;
    }
    go(checkPath(folder, task));
  }

  return (
    <Screen title={task ? text('deploy.update_title', { task: shortKey(task) })
      : text('create.new')} answer={recent}>
      <div class="narrow">
        <Card>
          <form class="form" ref={form} onSubmit={(event) => {
            event.preventDefault();
            form.current?.querySelector('button')?.click();
          }}>
            <Field label={text('deploy.folder')} hint={text('deploy.folder_hint')}
              value={draft.value.folder} error={fault} isMono isWide isRequired
              onInput={(folder) => {
                setFault(null);
                draft.value = { folder };
              }} />
            <div class="actions"><Button kind="primary" icon="search" acts
              onPress={check}>{text('deploy.check')}</Button></div>
          </form>
        </Card>
        {recent.data?.items.length > 0 && (
          <Card title={text('deploy.recent')}>
            <ul class="rows">
              {recent.data.items.map((/** @type {any} */ { folder, at }) => (
                <li key={folder}>
                  <a class="add-need outside" href={`#${checkPath(folder, task)}`}>
                    <code>{plain(folder, { max: 512 })}</code></a>
                  <Time at={at} />
                </li>
              ))}
            </ul>
          </Card>
        )}
      </div>
    </Screen>
  );
}
