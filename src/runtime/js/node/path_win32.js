/*
 * node:path for Windows. Tasks run on Linux; packages read paths of other
 * machines with it.
 */
'use strict';

(function ({ load }) {
  const { check_object, check_string } = load('node/errors');
  const either = /[\\/]/;
  const is_separator = (character) => character === '\\' || character === '/';

  function check(path, name = 'path') {
    check_string(path, name);
    return path;
  }

  /*
   * The parts of a path: device is "C:" or "\\server\share", root is whether a
   * separator follows, tail the rest.
   */
  function split(path) {
    const share = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/.exec(path);
    if (share) {
      const tail = path.slice(share[0].length);
      return { device: `\\\\${share[1]}\\${share[2]}`, is_root: true,
        is_share: true, head: share[0] + (/^[\\/]/.exec(tail)?.[0] ?? ''),
        tail: tail.replace(/^[\\/]+/, '') };
    }
    const drive = /^[a-zA-Z]:/.exec(path)?.[0] ?? '';
    const rest = path.slice(drive.length);
    const is_root = is_separator(rest[0]);
    return { device: drive, is_root, is_share: false,
      head: drive + (is_root ? rest[0] : ''),
      tail: is_root ? rest.replace(/^[\\/]+/, '') : rest };
  }

  function reduce(tail, is_root) {
    const parts = [];
    for (const part of tail.split(either)) {
      if (part === '' || part === '.')
        continue;
      if (part !== '..')
        parts.push(part);
      else if (parts.length && parts.at(-1) !== '..')
        parts.pop();
      else if (!is_root)
        parts.push('..');
    }
    return parts.join('\\');
  }

  function normalize(path) {
    if (check(path) === '')
      return '.';
    const { device, is_root, is_share, tail } = split(path);
    let rest = reduce(tail, is_root);
    if (rest === '' && !is_root)
      rest = '.';
    if (rest !== '' && is_separator(path.at(-1)))
      rest += '\\';
    if (is_share)
      return `${device}\\${rest}`;
    /* A relative path does not become one with a drive. */
    if (device === '' && !is_root && (/:(?:[\\/]|$)/.test(path) ||
      /^[a-zA-Z]:/.test(rest)))
      return `.\\${rest}`;
    return device + (is_root ? '\\' : '') + rest;
  }

  /* There is no drive of this machine's, so the folder stands on none. */
  function resolve(...paths) {
    let device = '';
    let tail = '';
    let is_root = false;
    for (let at = paths.length - 1; at >= -1 && !(device && is_root); at--) {
      const path = at >= 0 ? check(paths[at], `paths[${at}]`) : process.cwd();
      if (path === '')
        continue;
      const part = split(path);
      if (part.device && device &&
        part.device.toLowerCase() !== device.toLowerCase())
        continue;
      device ||= part.device;
      if (is_root)
        continue;
      tail = `${part.tail}\\${tail}`;
      is_root = part.is_root;
    }
    const rest = reduce(tail, is_root);
    return device + (is_root ? '\\' : '') + rest || '.';
  }

  function isAbsolute(path) {
    check(path);
    return is_separator(path[0]) || /^[a-zA-Z]:[\\/]/.test(path);
  }

  function join(...paths) {
    const parts = paths.map((path) => check(path)).filter(Boolean);
    if (!parts.length)
      return '.';
    let joined = parts.join('\\');
    /* Two separators begin a share only where the first part has them. */
    if (!/^[\\/]{2}[^\\/]/.test(parts[0]))
      joined = joined.replace(/^[\\/]{2,}/, '\\');
    return normalize(joined);
  }

  function relative(from, to) {
    check(from, 'from');
    check(to, 'to');
    if (from === to)
      return '';
    const [a, b] = [resolve(from), resolve(to)];
    if (a.toLowerCase() === b.toLowerCase())
      return '';
    const [start, end] = [a, b].map((path) =>
      path.replace(/^\\+|\\+$/g, '').split('\\').filter(Boolean));
    let same = 0;
    while (same < start.length && same < end.length &&
      start[same].toLowerCase() === end[same].toLowerCase())
      same++;
    if (same === 0 && split(a).device.toLowerCase() !==
      split(b).device.toLowerCase())
      return b;
    return [...start.slice(same).map(() => '..'), ...end.slice(same)]
      .join('\\');
  }

  function dirname(path) {
    check(path);
    const { head, tail, is_share } = split(path);
    const trimmed = tail.replace(/[\\/]+$/, '');
    const last = Math.max(trimmed.lastIndexOf('\\'), trimmed.lastIndexOf('/'));
    if (last < 0)
      return is_share && tail === '' ? path : head || '.';
    return path.slice(0, path.length - tail.length) +
      trimmed.slice(0, last) || '.';
  }

  function basename(path, suffix) {
    if (suffix !== undefined)
      check(suffix, 'suffix');
    if (suffix && path === suffix)
      return '';
    const name = check(path).replace(/^[a-zA-Z]:/, '').replace(/[\\/]+$/, '')
      .split(either).pop();
    return suffix && name !== suffix && name.endsWith(suffix)
      ? name.slice(0, -suffix.length) : name;
  }

  function extname(path) {
    const name = basename(path);
    const dot = name.lastIndexOf('.');
    return dot <= 0 || name === '..' ? '' : name.slice(dot);
  }

  function parse(path) {
    const { head, tail } = split(check(path));
    const base = tail === '' ? '' : basename(tail);
    const ext = extname(base);
    const front = path.replace(/[\\/]+$/, '');
    const dir = base === '' ? head : front.slice(0, front.length - base.length);
    return { root: head, dir: dir.length > head.length
      ? dir.replace(/[\\/]$/, '') : dir || head, base, ext,
    name: ext ? base.slice(0, -ext.length) : base };
  }

  function format(object) {
    check_object(object, 'pathObject');
    const { root = '', name = '', ext = '' } = object;
    const dir = object.dir || root;
    const last = object.base ||
      name + (ext && ext[0] !== '.' ? `.${ext}` : ext);
    return !dir ? last : dir === root ? dir + last : `${dir}\\${last}`;
  }

  function toNamespacedPath(path) {
    if (typeof path !== 'string' || path === '')
      return path;
    const whole = resolve(path);
    if (/^\\\\[^?.]/.test(whole))
      return `\\\\?\\UNC\\${whole.slice(2)}`;
    if (/^[a-zA-Z]:\\/.test(whole))
      return `\\\\?\\${whole}`;
    return whole.length > 2 ? whole : path;
  }

  return { sep: '\\', delimiter: ';', resolve, normalize, isAbsolute, join,
    relative, toNamespacedPath, _makeLong: toNamespacedPath, dirname, basename,
    extname, format, parse,
    matchesGlob: (path, pattern) =>
      load('node/glob').matches(path, pattern, either) };
})
