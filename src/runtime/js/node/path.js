/*
 * node:path for POSIX.
 */
'use strict';

(function ({ start, load }) {
  function check(path, name = 'path') {
    load('node/errors').check_string(path, name);
    return path;
  }

  function normalize(path) {
    if (check(path) === '')
      return '.';
    const absolute = path[0] === '/';
    const parts = [];
    for (const part of path.split('/')) {
      if (part === '' || part === '.')
        continue;
      if (part !== '..')
        parts.push(part);
      else if (parts.length && parts.at(-1) !== '..')
        parts.pop();
      else if (!absolute)
        parts.push('..');
    }
    const text = parts.join('/');
    if (text === '')
      return absolute ? '/' : path.at(-1) === '/' ? './' : '.';
    return (absolute ? '/' : '') + text + (path.at(-1) === '/' ? '/' : '');
  }

  function resolve(...paths) {
    let whole = start.folder ?? '/';
    paths.forEach((path, index) => check(path, `paths[${index}]`));
    for (const path of paths)
      if (path !== '')
        whole = path[0] === '/' ? path : `${whole}/${path}`;
    const normal = normalize(whole);
    return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
  }

  function dirname(path) {
    const trimmed = check(path).replace(/(?<=.)\/+$/, '');
    const slash = trimmed.lastIndexOf('/');
    if (slash < 0)
      return '.';
    if (slash === 1 && trimmed[0] === '/')
      return '//';
    return trimmed.slice(0, slash) || '/';
  }

  function basename(path, suffix) {
    if (suffix !== undefined)
      check(suffix, 'suffix');
    if (suffix && path === suffix)
      return '';
    const name = check(path).replace(/\/+$/, '').split('/').pop();
    return suffix && name !== suffix && name.endsWith(suffix)
      ? name.slice(0, -suffix.length) : name;
  }

  function extname(path) {
    const name = basename(path);
    const dot = name.lastIndexOf('.');
    return dot <= 0 || name === '..' ? '' : name.slice(dot);
  }

  function relative(from, to) {
    const a = resolve(from).split('/').filter(Boolean);
    const b = resolve(to).split('/').filter(Boolean);
    let same = 0;
    while (same < a.length && same < b.length && a[same] === b[same])
      same++;
    return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/');
  }

  function parse(path) {
    const base = basename(path);
    const ext = extname(path);
    const root = path[0] === '/' ? '/' : '';
    const front = path.replace(/\/+$/, '').slice(0, -base.length || undefined);
    return { root, dir: base === '' ? root
      : front.length > 1 ? front.replace(/\/$/, '') : front,
    base, ext, name: ext ? base.slice(0, -ext.length) : base };
  }

  function format(object) {
    load('node/errors').check_object(object, 'pathObject');
    const { root = '', name = '', ext = '' } = object;
    const dir = object.dir || root;
    const last = object.base ||
      name + (ext && ext[0] !== '.' ? `.${ext}` : ext);
    return !dir ? last : dir === root ? dir + last : `${dir}/${last}`;
  }

  const path = {
    sep: '/', delimiter: ':', normalize, resolve, dirname, basename, extname,
    relative, parse,
    join(...parts) {
      return normalize(parts.map((part) => check(part)).filter(Boolean)
        .join('/'));
    },
    isAbsolute: (text) => check(text)[0] === '/',
    format,
    toNamespacedPath: (text) => text,
    _makeLong: (text) => text,
    matchesGlob: (text, pattern) => load('node/glob').matches(text, pattern),
  };
  path.posix = path;
  /* The two know each other. The one for Windows is seldom used. */
  let win32;
  Object.defineProperty(path, 'win32', { configurable: true, enumerable: true,
    get() {
      if (!win32) {
        win32 = load('node/path_win32');
        win32.win32 = win32;
        win32.posix = path;
      }
      return win32;
    } });
  return path;
})
