import { KeyPicture, shortKey } from './Key.jsx';
import { Outside } from './Outside.jsx';

const NAME_MAX = 64;

/**
 * A task: the name that its creator gave it, and always the ends of its key,
 * for anybody may give any name.
 *
 * @param {{task: string, name?: string, href?: string}} props
 * href: where it leads; nowhere where it is missing
 */
export function TaskName({ task, name, href }) {
  const inside = (
    <>
      <KeyPicture value={task} />
      {name && <span class="task-title"><Outside words={name} max={NAME_MAX} /></span>}
      <code class="key-short" data-exact={task} title={task}>
        {shortKey(task)}</code>
    </>
  );
  return href
    ? <a class="task-name" href={href}>{inside}</a>
    : <span class="task-name">{inside}</span>;
}
