import { useMemo, useState } from 'preact/hooks';
import { formatAmount, sumOf } from '../core/amount.js';
import { order, orderKey } from '../core/api.js';
import { sentence } from '../core/plain.js';
import { text } from '../core/text.js';
import { Amount } from './Amount.jsx';
import { Button } from './Button.jsx';
import { Notice, say } from './Notice.jsx';
import { Sheet } from './Sheet.jsx';
import { TaskName } from './TaskName.jsx';

/**
 * Asks before what tasks owe is claimed: which, and how much. Those that were
 * refused stay with why, and can be claimed again by themselves.
 *
 * @param {{tasks: import('../core/task.js').Task[], onClose: () => void}} props
 * tasks: that owe something, in KOII
 */
export function ClaimSheet({ tasks, onClose }) {
  // The list as it was when it was asked: it must not change under the hand.
  const [left, setLeft] = useState(tasks);
  const [faults, setFaults] = useState(
    /** @type {Map<string, string>} */(new Map()));
  const once = useMemo(orderKey, [left]);
  const sum = sumOf(left.map((task) => task.claimable ?? '0'));

  async function claim() {
    const answer = await order('claims', { tasks: left.map(({ task }) => task) },
      { once });
    /** @type {{task: string, error?: string}[]} */
    const items = answer.tasks ?? answer.items ?? answer;
    const refused = new Map(items.filter(({ error }) => error)
      .map(({ task, error }) => [task, sentence(error)]));
    if (!refused.size) {
      say({ tone: 'good',
        words: text('claim.sent', { sum: formatAmount(sum) }) });
      onClose();
      return;
    }
    setFaults(refused);
    setLeft(left.filter(({ task }) => refused.has(task)));
  }

  return (
    <Sheet title={text('claim.title')} onClose={onClose} actions={
      <Button kind="primary" icon="claim" acts onPress={claim}>
        {text('claim.claim', { sum: formatAmount(sum) })}</Button>}>
      <p>{text('claim.what')}</p>
      {faults.size > 0 && (
        <Notice tone="bad" isUrgent><p>{text('claim.refused',
          { n: faults.size })}</p></Notice>)}
      <ul class="rows">
        {left.map((task) => (
          <li key={task.task}>
            <TaskName task={task.task} name={task.name} />
            <Amount value={task.claimable} />
            {faults.has(task.task) &&
              <p class="bad small outside">{faults.get(task.task)}</p>}
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
