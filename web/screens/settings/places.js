/**
 * What was chosen in place of the node's options (docs/node.md, "Choices").
 */
import { order } from '../../core/api.js';
import { useAnswer } from '../../core/store.js';
import { text } from '../../core/text.js';
import { say } from '../../parts/Notice.jsx';

/**
 * @typedef {{name: string, value: string | null, used: string | null,
 *            given: string | null, chosen: boolean}} Choice
 * value: what counts; used: what has counted since the node's start; given:
 * what it was started with. Keys in URLs do not come.
 *
 * @typedef {{choices: Record<string, Choice>}} Places
 */

/** @returns {{answer: any, places: Places | undefined}} */
export function usePlaces() {
  const answer = useAnswer('places');
  const places = answer.data && { choices: Object.fromEntries(answer.data.settings.map(
    (/** @type {Choice} */ choice) => [choice.name, choice])) };
  return { answer, places };
}

/** The node begins anew; pages come back by themselves. */
export async function restart() {
  toldRestart(await order('restart'));
}

/** @param {{asks: boolean}} told by what begins the node anew */
export function toldRestart({ asks }) {
  say({ tone: 'good', words: text(asks ? 'settings.restart_asks'
    : 'settings.restart_done') });
}
