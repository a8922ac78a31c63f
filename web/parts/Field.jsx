import { useId, useState } from 'preact/hooks';
import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';

/**
 * A field of a form with its label, hint and error.
 *
 * @param {{label: string, value: string, onInput: (value: string) => void,
 *          hint?: any, error?: string | null, type?: 'text' | 'password' |
 *          'number' | 'search' | 'time', isRequired?: boolean, isWide?: boolean,
 *          autoComplete?: string, inputMode?: 'decimal' | 'numeric' | 'text',
 *          id?: string, unit?: any, after?: any, isOff?: boolean,
 *          isMono?: boolean, max?: number}} props
 * error: what is wrong and what to do; the first field with one is given the
 * focus by focusFirstError(). after: a button beside the field. max: of
 * characters; nothing is trimmed.
 */
export function Field({ label, value, onInput, hint, error, type = 'text',
  isRequired, isWide, autoComplete = 'off', inputMode, id, unit, after, isOff,
  isMono, max }) {
  const own = useId();
  const field = id ?? own;
  const [isShown, setShown] = useState(false);
  const isSecret = type === 'password';
  // Preact's types have a form of their own for each type of a field.
  const shownType = /** @type {any} */(isSecret && isShown ? 'text' : type);
  const described = [hint && `${field}-hint`, error && `${field}-error`]
    .filter(Boolean).join(' ') || undefined;
  return (
    <div class={`field${isWide ? ' wide' : ''}`}>
      <label for={field}>{label}</label>
      {hint && <p class="hint" id={`${field}-hint`}>{hint}</p>}
      <div class="field-row">
        <input id={field} type={shownType}
          value={value} onInput={(event) => onInput(event.currentTarget.value)}
          class={isMono ? 'mono' : undefined} maxLength={max} disabled={isOff}
          required={isRequired} autoComplete={autoComplete}
          autoCapitalize="off" spellcheck={false} inputMode={inputMode}
          aria-invalid={error ? 'true' : undefined}
          aria-describedby={described} />
        {isSecret && (
          // What a password manager keeps the passphrase under.
          <input type="text" hidden readOnly autoComplete="username"
            value={location.host} />
        )}
        {unit && <span class="unit">{unit}</span>}
        {isSecret && (
          <button type="button" class="button quiet" aria-pressed={isShown}
            onClick={() => setShown(!isShown)}>
            <Icon name="eye" /><span>{text('field.show')}</span></button>
        )}
        {after}
      </div>
      {error && <FieldError id={`${field}-error`}>{error}</FieldError>}
    </div>
  );
}

/** @param {{id: string, children: any}} props */
export function FieldError({ id, children }) {
  return <p class="field-error" id={id}><Icon name="warn" />{children}</p>;
}

/**
 * One of a few; the browser's own.
 *
 * @param {{label: any, value: string, onInput: (value: string) => void,
 *          options: {value: string, label: string, isOutside?: boolean}[],
 *          hint?: any}} props
 * isOutside: an option's label is somebody's own words
 */
export function Select({ label, value, onInput, options, hint }) {
  const field = useId();
  return (
    <div class="field">
      <label for={field}>{label}</label>
      {hint && <p class="hint" id={`${field}-hint`}>{hint}</p>}
      <select id={field} value={value}
        aria-describedby={hint ? `${field}-hint` : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}>
        {options.map((option) =>
          <option key={option.value} value={option.value}
            translate={option.isOutside ? false : undefined}
            selected={option.value === value}>{option.label}</option>)}
      </select>
    </div>
  );
}

/**
 * Yes or no.
 *
 * @param {{label: any, isOn: boolean, onInput: (isOn: boolean) => void,
 *          hint?: any, error?: string | null, errorId?: string}} props
 * errorId: of a FieldError that stands elsewhere, for several of them
 */
export function Checkbox({ label, isOn, onInput, hint, error, errorId }) {
  const field = useId();
  const described = [hint && `${field}-hint`, error && `${field}-error`, errorId]
    .filter(Boolean).join(' ') || undefined;
  return (
    <div class="field checkbox">
      <label>
        <input type="checkbox" checked={isOn} aria-describedby={described}
          aria-invalid={error || errorId ? 'true' : undefined}
          onInput={(event) => onInput(event.currentTarget.checked)} />
        <span>{label}</span>
      </label>
      {hint && <p class="hint" id={`${field}-hint`}>{hint}</p>}
      {error && <FieldError id={`${field}-error`}>{error}</FieldError>}
    </div>
  );
}

/**
 * After a form was refused: to the first field that is at fault, once it is
 * drawn.
 *
 * @param {HTMLElement | null} form
 */
export function focusFirstError(form) {
  requestAnimationFrame(() => {
    /** @type {HTMLElement | null | undefined} */
    const field = form?.querySelector('[aria-invalid="true"]');
    field?.focus();
  });
}
