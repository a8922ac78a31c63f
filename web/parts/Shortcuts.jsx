import { isListShown, isShortcutsOn, PLACES as KEYS, switchShortcuts }
  from '../core/shortcuts.js';
import { text } from '../core/text.js';
import { HOME, hasPlace } from '../routes.js';
import { Checkbox } from './Field.jsx';
import { Sheet } from './Sheet.jsx';

/** What the keys do, and whether they do. */
export function Shortcuts() {
  const places = Object.entries(KEYS)
    .map(([key, path]) => ({ key, place: path === '/' ? 'node' : path.slice(1) }))
    .filter(({ place }) => hasPlace(place));
  return (
    <Sheet title={text('shortcuts.title')}
      onClose={() => { isListShown.value = false; }}>
      <dl class="pairs">
        {hasPlace('explorer') && <Pair keys={['/']}>{text('bar.search')}</Pair>}
        {HOME === '/' && places.map(({ key, place }) => (
          <Pair key={key} keys={['g', key]}>{text(`bar.${place}`)}</Pair>
        ))}
        <Pair keys={['?']}>{text('shortcuts.title')}</Pair>
        <Pair keys={['Esc']}>{text('shortcuts.close')}</Pair>
      </dl>
      <Checkbox label={text('shortcuts.on')} isOn={isShortcutsOn.value}
        onInput={switchShortcuts} />
    </Sheet>
  );
}

/** @param {{keys: string[], children: any}} props */
function Pair({ keys, children }) {
  return (
    <div>
      <dt>{keys.map((key) => <><kbd>{key}</kbd>{' '}</>)}</dt>
      <dd>{children}</dd>
    </div>
  );
}
