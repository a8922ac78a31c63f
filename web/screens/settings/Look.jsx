import { chooseTheme, theme } from '../../core/theme.js';
import { text } from '../../core/text.js';
import { Card } from '../../parts/Card.jsx';
import { Select } from '../../parts/Field.jsx';

/** #/settings/look — kept in this browser alone. */
export default function Look() {
  return (
    <Card>
      <Select label={text('settings.look_theme')} value={theme.value}
        onInput={(value) => chooseTheme(/** @type {any} */(value))}
        options={['system', 'light', 'dark'].map((value) => ({ value,
          label: text(`settings.look_${value}`) }))} />
    </Card>
  );
}
