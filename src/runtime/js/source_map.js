/*
 * Source maps (ECMA-426): the author's files and lines for places in the
 * bundle. A bundle has its map in a comment at its end, as a data: URL.
 *
 * The mappings are read once a stack, from the beginning, and not kept, because
 * as numbers they are many times larger than the bundle.
 */
'use strict';

(function ({ native, load }) {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' +
    '0123456789+/';
  const values = new Int8Array(128).fill(-1);
  for (let i = 0; i < digits.length; i++)
    values[digits.charCodeAt(i)] = i;

  /* Call visit(line, column, source, source line, source column, name) for each
   * mapping, until it returns false. All count from 0; the source is -1 where
   * there is none. Lines and columns of a broken map end at the fault. */
  function read_mappings(text, visit) {
    let line = 0;
    let column = 0;
    let source = 0;
    let source_line = 0;
    let source_column = 0;
    let name = 0;
    let at = 0;
    const fields = [0, 0, 0, 0, 0];
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === 59) { /* ; */
        line++;
        column = 0;
        at++;
        continue;
      }
      if (code === 44) { /* , */
        at++;
        continue;
      }
      let count = 0;
      while (at < text.length && text.charCodeAt(at) !== 44 &&
        text.charCodeAt(at) !== 59) {
        let value = 0;
        let shift = 0;
        let digit;
        do {
          digit = values[text.charCodeAt(at++)] ?? -1;
          if (!(digit >= 0) || shift > 30 || count === 5)
            return;
          value += (digit & 31) * 2 ** shift;
          shift += 5;
        } while (digit & 32);
        fields[count++] = value % 2 ? -Math.floor(value / 2) : value / 2;
      }
      column += fields[0];
      if (count >= 4) {
        source += fields[1];
        source_line += fields[2];
        source_column += fields[3];
        if (count === 5)
          name += fields[4];
      }
      if (visit(line, column, count >= 4 ? source : -1, source_line,
        source_column, count === 5 ? name : -1) === false)
        return;
    }
  }

  /* The map of the bundle, null if there is none, undefined before a look. */
  let main_map;

  function parse(text) {
    let map;
    try {
      map = JSON.parse(text);
    } catch {
      return null;
    }
    return map && typeof map === 'object' && typeof map.mappings === 'string' &&
      Array.isArray(map.sources) ? map : null;
  }

  function find_main_map() {
    if (main_map === undefined) {
      const url = native.source_map_url();
      const data = url.startsWith('data:') ? load('data_url').read(url) : null;
      main_map = data ? parse(new TextDecoder().decode(data.bytes)) : null;
    }
    return main_map;
  }

  /* Sources are named from the folder of the bundle, often one below the
   * author's. The log shows them from the author's. */
  function source_name(map, index) {
    const name = `${map.sourceRoot ?? ''}${map.sources[index]}`;
    return name.replace(/^(?:file:\/\/\/?|webpack:\/\/\/?)/, '')
      .replace(/^(?:\.\.?\/)+/, '');
  }

  const known = new Map();
  const known_max = 1000;

  /* Find the source's places for the places "line:column" in the bundle. */
  function look_up(map, wanted) {
    const best = new Map();
    read_mappings(map.mappings, (line, column, ...rest) => {
      let is_before_all = true;
      for (const each of wanted) {
        if (line > each.line - 1)
          continue;
        is_before_all = false;
        if (line === each.line - 1 && column <= each.column - 1)
          best.set(each, rest);
      }
      return !is_before_all;
    });
    for (const each of wanted) {
      const found = best.get(each);
      known.set(each.key, found && found[0] >= 0 && map.sources[found[0]]
        ? { url: source_name(map, found[0]), line: found[1] + 1,
          column: found[2] + 1 } : null);
    }
  }

  /* Frames (stack.js) with the author's places where the map knows them. */
  function resolve(frames) {
    const own = frames.filter(({ url, line }) => url === 'main.js' && line);
    const map = own.length ? find_main_map() : null;
    if (!map)
      return frames;
    if (known.size > known_max)
      known.clear();
    const key_of = ({ line, column }) => `${line}:${column}`;
    const wanted = own.map((frame) => ({ ...frame, key: key_of(frame) }))
      .filter(({ key }) => !known.has(key));
    if (wanted.length)
      look_up(map, wanted);
    return frames.map((frame) => {
      const found = frame.url === 'main.js' && known.get(key_of(frame));
      return found ? { ...frame, ...found } : frame;
    });
  }

  return { resolve, read_mappings, find_main_map };
})
