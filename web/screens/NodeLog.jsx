import { text } from '../core/text.js';
import { LogLines } from '../parts/LogLines.jsx';
import { Screen } from '../parts/Screen.jsx';

/** #/log — what the node itself has written. */
export default function NodeLog() {
  const label = text('settings.doctor_log');
  return (
    <Screen title={label}>
      <LogLines label={label} path="log" topic="log" name="pond-node.log" />
    </Screen>
  );
}
