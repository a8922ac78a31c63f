import { isListShown, isShortcutsOn, switchShortcuts }
  from '../../core/shortcuts.js';
import { chooseLanguage, intlLanguage, language, languages, text }
  from '../../core/text.js';
import { TEXT_SIZES, chooseTextSize, chooseTheme, textSize, theme }
  from '../../core/theme.js';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Checkbox, Select } from '../../parts/Field.jsx';

/** #/settings/look — kept in this browser alone, at once. */
export default function Look() {
  const percent = new Intl.NumberFormat(intlLanguage(), { style: 'percent' });
  return (
    <>
      <p class="muted">{text('settings.look_what')}</p>
      <Card>
        <Select label={text('settings.look_theme')} value={theme.value}
          onInput={(value) => chooseTheme(/** @type {any} */(value))}
          options={['system', 'light', 'dark'].map((value) => ({ value,
            label: text(`settings.look_${value}`) }))} />
        <Select label={text('settings.look_size')} value={textSize.value}
          onInput={chooseTextSize}
          options={TEXT_SIZES.map((value) => ({ value,
            label: percent.format(Number(value) / 100) }))} />
        <Language />
      </Card>
      <Card title={text('shortcuts.title')}>
        <Checkbox label={text('settings.look_single')} isOn={isShortcutsOn.value}
          onInput={switchShortcuts} />
        <div class="actions">
          <Button onPress={() => { isListShown.value = true; }}>
            {text('settings.look_keys')}</Button>
        </div>
      </Card>
    </>
  );
}

/** Where there is more than one. */
function Language() {
  const all = [...new Set([...languages, language.value])];
  return all.length < 2 ? null : (
    <Select label={text('settings.look_language')} value={language.value}
      onInput={chooseLanguage}
      options={all.map((value) => ({ value,
        label: text(`settings.look_${value}`) }))} />
  );
}
