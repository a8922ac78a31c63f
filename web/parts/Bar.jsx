import { useEffect, useState } from 'preact/hooks';
import { order } from '../core/api.js';
import { attention, can, networkKind, node, redCount }
  from '../core/node.js';
import { go, route } from '../core/router.js';
import { setup } from '../core/setup.js';
import { text } from '../core/text.js';
import { isNarrow } from '../core/width.js';
import { HOME, PLACES, hasPlace } from '../routes.js';
import { Badge } from './Badge.jsx';
import { Button, LinkButton } from './Button.jsx';
import { Icon } from './Icon.jsx';
import { Menu } from './Menu.jsx';

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
        {PLACES.length > 1 && !setup.value?.waits && <Places />}
        <div class="bar-side">
          {!setup.value?.waits && <Search />}
          <Attention />
          {hasPlace('settings') && !isNarrow.value && !setup.value?.waits &&
            <Settings />}
          <Network />
        </div>
      </div>
    </header>
  );
}

/** What a phone has room for below; the others are under "More". */
const ON_PHONE = ['node', 'add', 'money', 'explorer'];

function Places() {
  const here = route.value.place;
  const isPhone = isNarrow.value;
  return (
    <nav class="bar-nav" aria-label={text('bar.screens')}>
      {PLACES.filter(({ place }) => !isPhone || ON_PHONE.includes(place))
        .map(({ place, path, icon }) => (
          <a key={place} href={`#${path}`}
            aria-current={here === place ? 'page' : undefined}>
            <Icon name={icon} />
            <span>{text(isPhone ? `bar.${place}_short` : `bar.${place}`)}</span>
          </a>
        ))}
      {isPhone && <More />}
    </nav>
  );
}

/** The rest of the bar, on a phone. */
function More() {
  const places = PLACES.filter(({ place }) => !ON_PHONE.includes(place));
  const hasSettings = hasPlace('settings');
  if (!places.length && !hasSettings && !can('seal'))
    return null;
  return (
    <Menu label={text('bar.more')} className="bar-more"
      words={text('bar.more')}>
      {places.map(({ place, path, icon }) => (
        <LinkButton key={place} icon={icon} href={`#${path}`}>
          {text(`bar.${place}`)}</LinkButton>
      ))}
      {hasSettings && <LinkButton icon="gear" href="#/settings">
        {text('bar.settings')}</LinkButton>}
      {can('seal') && <Button icon="lock" acts onPress={() => order('lock')}>
        {text('bar.lock')}</Button>}
    </Menu>
  );
}

function Settings() {
  return (
    <a href="#/settings" title={text('bar.settings')}
      aria-current={route.value.place === 'settings' ? 'page' : undefined}>
      <Icon name="gear" /><span class="hidden">{text('bar.settings')}</span>
    </a>
  );
}

/** The bell, with how much there is. */
function Attention() {
  if (!hasPlace('attention'))
    return null;
  const n = attention.value.length;
  const words = n ? text('bar.attention', { n }) : text('attention.title');
  return (
    <a href="#/attention" title={words}
      aria-current={route.value.place === 'attention' ? 'page' : undefined}>
      <Icon name="bell" />
      {n > 0 && <span class={redCount.value ? 'bar-count red' : 'bar-count'}
        aria-hidden="true">{n}</span>}
      <span class="hidden">{words}</span>
    </a>
  );
}

/** Any key, number or name: the explorer finds out what it is. What is searched
 * for stands in the field until it is found, or given up. */
function Search() {
  const [words, setWords] = useState('');
  const { params, pattern } = route.value;
  const sought = pattern === '/explorer/search/:text' ? params.text : '';
  useEffect(() => {
    setWords(sought);
    return () => setWords((now) => now === sought ? '' : now);
  }, [sought]);
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
