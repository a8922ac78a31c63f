/*
 * Options and colors of util.inspect(), and how it shows primitive values.
 */
'use strict';

(function ({ load }) {
  const { quote } = load('inspect_layout');

  const defaults = { showHidden: false, depth: 2, colors: false,
    customInspect: true, showProxy: false, maxArrayLength: 100,
    maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false,
    getters: false, numericSeparator: false };

  /* SGR numbers that begin and end a style (ECMA-48, 8.3.117). */
  const colors = Object.assign(Object.create(null), {
    reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23],
    underline: [4, 24], blink: [5, 25], inverse: [7, 27], hidden: [8, 28],
    strikethrough: [9, 29], doubleunderline: [21, 24], framed: [51, 54],
    overlined: [53, 55] });
  ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
    .forEach((name, at) => {
      const large = name[0].toUpperCase() + name.slice(1);
      colors[name] = [30 + at, 39];
      colors[`bg${large}`] = [40 + at, 49];
      if (at > 0) {
        colors[`${name}Bright`] = [90 + at, 39];
        colors[`bg${large}Bright`] = [100 + at, 49];
      }
    });
  colors.gray = [90, 39];
  colors.bgGray = [100, 49];
  for (const [alias, name] of [['grey', 'gray'], ['blackBright', 'gray'],
    ['bgGrey', 'bgGray'], ['bgBlackBright', 'bgGray'], ['faint', 'dim'],
    ['crossedout', 'strikethrough'], ['strikeThrough', 'strikethrough'],
    ['crossedOut', 'strikethrough'], ['conceal', 'hidden'],
    ['swapColors', 'inverse'], ['swapcolors', 'inverse'],
    ['doubleUnderline', 'doubleunderline']])
    Object.defineProperty(colors, alias, { configurable: true,
      get() {
        return this[name];
      },
      set(value) {
        this[name] = value;
      } });

  const styles = Object.assign(Object.create(null), { special: 'cyan',
    number: 'yellow', bigint: 'yellow', boolean: 'yellow', undefined: 'grey',
    null: 'bold', string: 'green', symbol: 'green', date: 'magenta',
    regexp: 'red', module: 'underline' });

  function stylize(text, style, state) {
    const color = state.settings.colors && colors[styles[style]];
    return color ? `\u001b[${color[0]}m${text}\u001b[${color[1]}m` : text;
  }

  /* ---- primitive values ---- */

  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, '_');

  function number_text(value, state) {
    if (Object.is(value, -0))
      return '-0';
    const text = String(value);
    if (!state.settings.numericSeparator || /[e\D]/.test(text.replace(/^-|\./g,
      '')))
      return text;
    const [, sign, whole, part] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
    return sign + grouped(whole) +
      (part ? `.${part.replace(/(\d{3})(?=\d)/g, '$1_')}` : '');
  }

  function string_text(value, state) {
    const { maxStringLength, compact, breakLength } = state.settings;
    let trailer = '';
    if (value.length > maxStringLength) {
      const left = value.length - maxStringLength;
      value = value.slice(0, maxStringLength);
      trailer = `... ${left} more character${left > 1 ? 's' : ''}`;
    }
    if (compact !== true && value.length > 16 &&
      value.length > breakLength - state.indent - 4)
      return value.split(/(?<=\n)/).map((line) =>
        stylize(quote(line), 'string', state))
        .join(` +\n${' '.repeat(state.indent + 2)}`) + trailer;
    return stylize(quote(value), 'string', state) + trailer;
  }

  function primitive(value, state) {
    switch (typeof value) {
    case 'string':
      return string_text(value, state);
    case 'bigint':
      return stylize(`${state.settings.numericSeparator
        ? grouped(String(value)) : value}n`, 'bigint', state);
    case 'number':
      return stylize(number_text(value, state), 'number', state);
    case 'symbol':
      return stylize(value.toString(), 'symbol', state);
    default:
      return stylize(String(value), value === null ? 'null' : typeof value,
        state);
    }
  }

  return { defaults, colors, styles, stylize, primitive };
})
