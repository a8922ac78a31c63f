import { text } from '../core/text.js';
import { useTopic } from '../core/store.js';
import { Screen } from '../parts/Screen.jsx';

/** #/ — is all well? */
export default function Node() {
  const tasks = useTopic('tasks');
  return (
    <Screen title={text('bar.node')} answer={tasks}>
      <p>{Object.keys(tasks.data ?? {}).length}</p>
    </Screen>
  );
}
