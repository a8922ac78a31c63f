import { can } from '../../core/node.js';
import { text } from '../../core/text.js';
import { isDesktop } from '../../core/width.js';
import { LinkButton } from '../../parts/Button.jsx';
import { Screen } from '../../parts/Screen.jsx';
import { Unknown } from '../Unknown.jsx';
import { SECTIONS } from './sections.js';

/**
 * #/settings and #/settings/SECTION — one section, beside the list of all where
 * there is room. Else the list is a screen of its own.
 *
 * @param {{params: {section?: string}}} props
 */
export default function Settings({ params: { section } }) {
  const offered = SECTIONS.filter(({ needs }) => !needs || can(needs));
  const isList = !section && !isDesktop.value;
  const shown = section ? offered.find(({ name }) => name === section)
    : offered[0];
  if (!shown)
    return <Unknown />;
  if (isList)
    return (
      <Screen title={text('bar.settings')}>
        <Sections offered={offered} />
      </Screen>
    );
  const Shown = shown.screen;
  return (
    <div class="settings">
      {isDesktop.value
        ? <Sections offered={offered} current={shown.name} />
        : <LinkButton kind="quiet" icon="gear" href="#/settings">
          {text('settings.all')}</LinkButton>}
      <div class="settings-section">
        <Screen title={text(`settings.${shown.name}`)}><Shown /></Screen>
      </div>
    </div>
  );
}

/** @param {{offered: import('./sections.js').Section[], current?: string}} props */
function Sections({ offered, current }) {
  return (
    <nav class="settings-list" aria-label={text('bar.settings')}>
      <ul>
        {offered.map(({ name }) => (
          <li key={name}>
            <a href={`#/settings/${name}`}
              aria-current={name === current ? 'page' : undefined}>
              {text(`settings.${name}`)}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
