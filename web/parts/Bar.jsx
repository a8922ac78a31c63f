import { useState } from 'preact/hooks';
import { attention, networkKind, node, redCount } from '../core/node.js';
import { go, route } from '../core/router.js';
import { text } from '../core/text.js';
import { HOME, PLACES, hasPlace } from '../routes.js';
import { Badge } from './Badge.jsx';
import { Icon } from './Icon.jsx';

/** The networks, by how much their coins matter. */
const NETWORK_TONES = /** @type {const} */({
  private: 'muted', test: 'info', main: 'good',
});

/** The bar on top; on a phone the screens' names stand at the bottom. */
export function Bar() {
  return (
    <header class="bar">
      <div class="bar-in">
        <a class="bar-pond" href={`#${HOME}`}>{text('bar.pond')}</a>
        {PLACES.length > 1 && <Places />}
        <div class="bar-side">
          <Search />
          <Attention />
          {hasPlace('settings') && (
            <SideLink place="settings" path="/settings" icon="gear">
              {text('bar.settings')}</SideLink>
          )}
          <Network />
        </div>
      </div>
    </header>
  );
}

function Places() {
  const here = route.value.place;
  return (
    <nav class="bar-nav" aria-label={text('bar.screens')}>
      {PLACES.map(({ place, path, icon }) => (
        <a key={place} href={`#${path}`}
          aria-current={here === place ? 'page' : undefined}>
          <Icon name={/** @type {import('./Icon.jsx').IconName} */(icon)} />
          <span>{text(`bar.${place}`)}</span>
        </a>
      ))}
    </nav>
  );
}

/**
 * @param {{place: string, path: string,
 *          icon: import('./Icon.jsx').IconName, children: any}} props
 */
function SideLink({ place, path, icon, children }) {
  return (
    <a href={`#${path}`} title={text(`bar.${place}`)}
      aria-current={route.value.place === place ? 'page' : undefined}>
      <Icon name={icon} /><span class="hidden">{children}</span>
    </a>
  );
}

/** The bell, with how much there is. */
function Attention() {
  if (!hasPlace('attention'))
    return null;
  const n = attention.value.length;
  return (
    <a href="#/attention" title={text('bar.attention', { n })}
      aria-current={route.value.place === 'attention' ? 'page' : undefined}>
      <Icon name="bell" />
      {n > 0 && <span class={redCount.value ? 'bar-count red' : 'bar-count'}
        aria-hidden="true">{n}</span>}
      <span class="hidden">{text('bar.attention', { n })}</span>
    </a>
  );
}

/** Any key, number or name: the explorer finds out what it is. */
function Search() {
  const [words, setWords] = useState('');
  if (!hasPlace('explorer'))
    return null;

  /** @param {Event} event */
  function search(event) {
    event.preventDefault();
    if (words.trim())
      go(`/explorer/search/${encodeURIComponent(words.trim())}`);
  }

  return (
    <form class="bar-search" role="search" onSubmit={search}>
      <Icon name="search" />
      <input id="search" type="search" value={words} autoComplete="off"
        spellcheck={false} aria-label={text('bar.search')}
        placeholder={text('bar.search_short')}
        onInput={(event) => setWords(event.currentTarget.value)} />
    </form>
  );
}

/** Always named: coins of one network are none on another. */
function Network() {
  const name = node.value?.network;
  if (!name)
    return null;
  const kind = networkKind(name);
  return (
    <span class="bar-network" title={text(`network.${kind}`)}>
      <Badge tone={NETWORK_TONES[kind]}>
        <span class="hidden">{text('bar.network')} </span>
        <bdi>{name}</bdi>
      </Badge>
    </span>
  );
}
