/*
 * Patterns of path.matchesGlob(): stars, question marks, classes, braces.
 */
'use strict';

(function ({ load }) {
  const { check_string } = load('node/errors');

  /* The alternatives of {a,b} are written out, each at most once a level. */
  function expand(pattern) {
    const open = pattern.indexOf('{');
    if (open < 0)
      return [pattern];
    let depth = 0;
    let begin = open + 1;
    const parts = [];
    for (let at = open; at < pattern.length; at++) {
      if (pattern[at] === '{')
        depth++;
      else if (pattern[at] === ',' && depth === 1) {
        parts.push(pattern.slice(begin, at));
        begin = at + 1;
      } else if (pattern[at] === '}' && --depth === 0) {
        parts.push(pattern.slice(begin, at));
        return parts.flatMap((part) =>
          expand(pattern.slice(0, open) + part + pattern.slice(at + 1)));
      }
    }
    return [pattern];
  }

  const escape = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

  /* One part between separators, as a regular expression's source. */
  function part_source(part) {
    return part.replace(/\*+|\?|\[(!|\^)?([^\]]+)\]|[^*?[]+|\[/g,
      (whole, negative, inside) => whole[0] === '*' ? '[^/]*'
        : whole === '?' ? '[^/]'
          : inside ? `[${negative ? '^' : ''}${inside.replace(/\\/g, '\\\\')}]`
            : escape(whole));
  }

  function source_of(pattern) {
    const parts = pattern.split('/');
    return parts.map((part, at) => {
      const is_last = at === parts.length - 1;
      if (part === '**')
        return is_last ? '.*' : '(?:[^/]+/)*';
      return part_source(part) + (is_last ? '' : '/');
    }).join('');
  }

  function matches(path, pattern, separator = /\//) {
    check_string(path, 'path');
    check_string(pattern, 'pattern');
    const [plain, plain_pattern] = [path, pattern].map((text) =>
      text.split(separator).join('/'));
    return expand(plain_pattern).some((each) =>
      new RegExp(`^${source_of(each)}$`, 's').test(plain));
  }

  return { matches };
})
