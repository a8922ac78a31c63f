/*
 * How util.inspect() puts texts together: quotes, widths, lines and columns.
 * The numbers are Node's, because tests and people compare what is printed.
 */
'use strict';

(function () {
  const escapes = new Map([['\b', '\\b'], ['\t', '\\t'], ['\n', '\\n'],
    ['\f', '\\f'], ['\r', '\\r'], ['\\', '\\\\']]);

  function escape(character) {
    const code = character.charCodeAt(0);
    return escapes.get(character) ?? (code > 0xff
      ? `\\u${code.toString(16)}`
      : `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`);
  }

  /* Control characters, the backslash, and halves of surrogate pairs. */
  const special = new RegExp(['[\\x00-\\x1f\\x7f-\\x9f\\\\]',
    '[\\ud800-\\udbff](?![\\udc00-\\udfff])',
    '(?<![\\ud800-\\udbff])[\\udc00-\\udfff]'].join('|'), 'g');

  /* The text as a literal, in the quotes that it does not have itself. */
  function quote(text) {
    const mark = !text.includes('\'') ? '\'' : !text.includes('"') ? '"'
      : !text.includes('`') && !text.includes('${') ? '`' : '\'';
    const escaped = text.replace(special, escape);
    return mark + (mark === '\'' ? escaped.replaceAll('\'', '\\\'') : escaped) +
      mark;
  }

  /* Escape sequences of terminals (ECMA-48): titles and links, which end in BEL
   * or ST, and the others, which end in a letter. */
  const control = new RegExp('(?:\\u001b\\]|\\u009d)[^\\u0007\\u001b\\u009c]*' +
    '(?:\\u0007|\\u001b\\\\|\\u009c)' +
    '|[\\u001b\\u009b][[\\]()#;?]*(?:\\d{1,4}(?:[;:]\\d{0,4})*)?' +
    '[\\dA-PR-TZcf-nq-uy=><~]', 'g');
  const without_control = (text) => text.replace(control, '');

  /* East Asian wide characters and emoji (UAX #11), the main ranges. */
  const wide = new RegExp('[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf' +
    '\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60' +
    '\\uffe0-\\uffe6\\u{1f300}-\\u{1f64f}\\u{1f900}-\\u{1f9ff}' +
    '\\u{20000}-\\u{3fffd}]', 'u');
  const zero =
    /^[\u0000-\u001f\u007f-\u009f\u200b-\u200f\p{Mn}\p{Me}\p{Cf}]$/u;

  /* The columns that a terminal needs for the text. */
  function width(text, has_colors = false) {
    if (has_colors)
      text = without_control(text);
    if (/^[\x20-\x7e]*$/.test(text))
      return text.length;
    let columns = 0;
    for (const character of text.normalize('NFC'))
      columns += wide.test(character) ? 2 : zero.test(character) ? 0 : 1;
    return columns;
  }

  /* Short items of an array, several to a line, in columns. The number of
   * columns follows from the items' widths, so that the block is about 2.5
   * times as wide as it is high. */
  function columns_of(items, values, { indent, settings }) {
    const { colors, breakLength, compact, maxArrayLength } = settings;
    const gap = 2;
    /* The last one says how many are missing. */
    const count = maxArrayLength < items.length ? items.length - 1
      : items.length;
    const widths = items.slice(0, count).map((item) => width(item, colors));
    const total = widths.reduce((sum, each) => sum + each + gap, 0);
    const widest = Math.max(0, ...widths);
    const cell = widest + gap;
    if (cell * 3 + indent >= breakLength ||
      total / cell <= 5 && widest > 6)
      return items;
    const typical = Math.max(cell - 3 -
      Math.sqrt(cell - total / items.length), 1);
    const columns = Math.min(
      Math.round(Math.sqrt(2.5 * typical * count) / typical),
      Math.floor((breakLength - indent) / cell), compact * 4, 15);
    if (columns <= 1)
      return items;
    const column_widths = Array.from({ length: columns }, (none, column) => {
      let most = 0;
      for (let at = column; at < count; at += columns)
        most = Math.max(most, widths[at]);
      return most + gap;
    });
    /* Numbers stand right, all else left. */
    const is_right = values === undefined || items.every((none, at) =>
      typeof values[at] === 'number' || typeof values[at] === 'bigint');
    const lines = [];
    for (let at = 0; at < count; at += columns) {
      const row = items.slice(at, Math.min(at + columns, count));
      lines.push(row.map((item, column) => {
        const is_last = column === row.length - 1;
        const text = is_last ? item : `${item}, `;
        const size = column_widths[column] - (is_last ? gap : 0) +
          item.length - widths[at + column];
        return is_right ? text.padStart(size)
          : is_last ? text : text.padEnd(size);
      }).join(''));
    }
    if (count < items.length)
      lines.push(items[count]);
    return lines;
  }

  function fits(items, start, base, { colors, breakLength }) {
    let size = items.length + start;
    if (size + items.length > breakLength)
      return false;
    for (const item of items) {
      size += colors ? without_control(item).length : item.length;
      if (size > breakLength)
        return false;
    }
    return !base.includes('\n');
  }

  /* The items between braces, in one line where they are few levels deep and
   * short. level is how far down this object is, state.deepest how far the
   * deepest one below it. */
  function enclose(items, { base, open, close, values, is_array }, level,
    state) {
    const { settings, indent } = state;
    const head = base ? `${base} ` : '';
    const line = `\n${' '.repeat(indent)}`;
    if (settings.compact === true) {
      if (fits(items, 0, base, settings))
        return `${open}${base ? ` ${base}` : ''} ${items.join(', ')} ${close}`;
      const first = base === '' && open.length === 1 ? ' '
        : `${base ? ` ${base}` : ''}\n${line}  `;
      return `${open}${first}${items.join(`,${line}  `)} ${close}`;
    }
    if (settings.compact >= 1) {
      const count = items.length;
      if (is_array && count > 6)
        items = columns_of(items, values, state);
      const start = items.length + indent + open.length + base.length + 10;
      if (state.deepest - level < settings.compact && count === items.length &&
        fits(items, start, base, settings)) {
        const joined = items.join(', ');
        if (!joined.includes('\n'))
          return `${head}${open} ${joined} ${close}`;
      }
    }
    return `${head}${open}${line}  ${items.join(`,${line}  `)}${line}${close}`;
  }

  return { quote, width, without_control, enclose };
})
