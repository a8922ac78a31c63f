/*
 * node:path for POSIX.
 */
'use strict';

(function ({ start }) {
  function check(path) {
    if (typeof path !== 'string')
      throw new TypeError(`a path must be a text, not ${typeof path}`);
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
    const tail = text && path.at(-1) === '/' ? '/' : '';
    return (absolute ? '/' : '') + text + tail || '.';
  }

  function resolve(...paths) {
    let whole = '';
    for (const path of [start.folder ?? '/', ...paths])
      if (check(path) !== '')
        whole = path[0] === '/' ? path : `${whole}/${path}`;
    const normal = normalize(whole);
    return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
  }

  function dirname(path) {
    const trimmed = check(path).replace(/\/+$/, '');
    const slash = trimmed.lastIndexOf('/');
    if (slash < 0)
      return path[0] === '/' ? '/' : '.';
    return trimmed.slice(0, slash).replace(/\/+$/, '') || '/';
  }

  function basename(path, suffix = '') {
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
    const dir = dirname(path);
    return { root: path[0] === '/' ? '/' : '', base, ext,
      dir: dir === '.' && path[0] !== '.' ? '' : dir,
      name: ext ? base.slice(0, -ext.length) : base };
  }

  const path = {
    sep: '/', delimiter: ':', normalize, resolve, dirname, basename, extname,
    relative, parse,
    join(...parts) {
      return normalize(parts.map(check).filter(Boolean).join('/'));
    },
    isAbsolute: (text) => check(text)[0] === '/',
    format({ root = '', dir = root, base, name = '', ext = '' }) {
      const last = base ?? name + ext;
      return dir && dir !== root ? `${dir}/${last}` : dir + last;
    },
    toNamespacedPath: (text) => text,
  };
  path.posix = path;
  path.default = path;
  return path;
})
