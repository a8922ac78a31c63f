import { ownNames } from '../core/names.js';
import { pictureOf } from '../core/picture.js';
import { hasPlace } from '../routes.js';
import { text } from '../core/text.js';
import { Copy } from './Copy.jsx';

const ENDS = 4;

/** @param {string} key */
export function shortKey(key) {
  return key.length > 2 * ENDS + 1
    ? `${key.slice(0, ENDS)}…${key.slice(-ENDS)}` : key;
}

/**
 * A key: its picture, its first and last four characters, the owner's own name
 * for it. It leads to the explorer.
 *
 * @param {{value: string, name?: string, isWhole?: boolean, isPlain?: boolean,
 *          hasCopy?: boolean}} props
 * name: by which the owner knows it, where core/names.js does not; isWhole: all
 * characters, in groups of four, for comparing; isPlain: no picture, no link
 */
export function Key({ value, name, isWhole, isPlain, hasCopy }) {
  const own = name ?? ownNames.value.get(value);
  const short = shortKey(value);
  const shown = isWhole
    ? <code class="key-whole" data-exact={value}>
      {value.match(/.{1,4}/g)?.map((group) => <span>{group}</span>)}</code>
    : <code class="key-short" data-exact={value} title={value}>{short}</code>;
  const inside = (
    <>
      {!isPlain && <KeyPicture value={value} />}
      {own && <bdi class="key-name">{own}</bdi>}
      {shown}
    </>
  );
  return (
    <span class="key">
      {isPlain || isWhole || !hasPlace('explorer')
        ? inside
        : <a href={`#/explorer/account/${value}`}>{inside}</a>}
      {hasCopy && <Copy value={value}
        what={text('key.what', { key: own ? `${own} ${short}` : short })} />}
    </span>
  );
}

/** @param {{value: string}} props */
export function KeyPicture({ value }) {
  const { colour, path } = pictureOf(value);
  return (
    <svg class={`key-picture colour-${colour}`} viewBox="-1 -1 7 7"
      aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
