import { plain } from '../core/plain.js';

/**
 * Text that somebody else wrote, inside of a line: a task's name, a memo, a
 * line of an error.
 *
 * @param {{words: unknown, max?: number}} props
 */
export function Outside({ words, max }) {
  return <bdi class="outside">{plain(words, { max })}</bdi>;
}
