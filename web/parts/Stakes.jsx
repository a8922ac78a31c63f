import { text } from '../core/text.js';
import { Amount } from './Amount.jsx';
import { TaskName } from './TaskName.jsx';

/**
 * @typedef {{key: string, task: string, name: string, token: string | null,
 *            stake: string, claimable: string}} Stake
 */

/**
 * What keys have staked, by task; and what they can claim.
 *
 * @param {{stakes?: {items: Stake[]}, keys: (string | undefined)[]}} props
 * stakes: undefined where settlement has not said it
 */
export function Stakes({ stakes, keys }) {
  const own = stakes?.items.filter(({ key }) => keys.includes(key));
  if (!own?.length)
    return <p class="muted">{text(own ? 'stakes.none' : 'stakes.unknown')}</p>;
  return (
    <ul class="rows">
      {own.map(({ task, name, token, stake, claimable }) => (
        <li key={task}>
          <TaskName task={task} name={name} />
          <span>{text('money.staked')} <Amount value={stake} unit={token} /></span>
          {claimable !== '0' && <span>{text('node.claimable')}{' '}
            <Amount value={claimable} unit={token} /></span>}
        </li>
      ))}
    </ul>
  );
}
