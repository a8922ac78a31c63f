/*
 * node:fs in the task's folder: synchronous, with callbacks, and promises.
 */
'use strict';

(function ({ native, start, load }) {
  function fault(code, text, path) {
    const error = new Error(`${code}: ${text} '${path}'`);
    error.code = code;
    return error;
  }

  /* The path beneath the folder. Where it ends up is C's to say; this only
   * turns the forms people write into the one C takes. */
  function inside(path) {
    if (path instanceof URL)
      path = decodeURIComponent(path.pathname);
    path = load('node/path').resolve(String(path));
    const root = start.folder ?? '/';
    if (path === root)
      return '.';
    if (!start.folder || !path.startsWith(root + '/'))
      throw fault('EACCES', 'a task has files in its own folder only,', path);
    return path.slice(root.length + 1);
  }

  const encoding_of = (options) =>
    typeof options === 'string' ? options : options?.encoding ?? null;

  function bytes_of(data, options) {
    if (typeof data === 'string')
      return new Uint8Array(load('node/buffer').Buffer.from(data,
        encoding_of(options) ?? 'utf8'));
    const view = load('encoding').view_of(data);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  }

  class Stats {
    constructor([kind, size, changed_ms]) {
      this.size = size;
      this.mtimeMs = changed_ms;
      this.mtime = new Date(changed_ms);
      this.mode = kind === 'folder' ? 0o40755 : 0o100644;
      Object.defineProperty(this, 'kind', { value: kind });
    }
    isFile() {
      return this.kind === 'file';
    }
    isDirectory() {
      return this.kind === 'folder';
    }
    isSymbolicLink() {
      return false;
    }
  }

  class Dirent {
    constructor(name, parent) {
      this.name = name;
      this.parentPath = parent;
      this.path = parent;
      const stats = sync.statSync(`${parent}/${name}`);
      this.isFile = () => stats.isFile();
      this.isDirectory = () => stats.isDirectory();
      this.isSymbolicLink = () => false;
    }
  }

  function list(path, recursive, prefix = '') {
    return native.file_list(inside(path)).sort().flatMap((name) => {
      const whole = `${path}/${name}`;
      const below = recursive && sync.statSync(whole).isDirectory()
        ? list(whole, true, `${prefix}${name}/`) : [];
      return [prefix + name, ...below];
    });
  }

  function make_all(path) {
    if (path === '.' || sync.existsSync(path))
      return;
    make_all(load('node/path').dirname(path));
    native.folder_make(inside(path));
  }

  function remove_all(path) {
    if (!sync.statSync(path).isDirectory()) {
      native.file_remove(inside(path));
      return;
    }
    for (const name of native.file_list(inside(path)))
      remove_all(`${path}/${name}`);
    native.folder_remove(inside(path));
  }

  const sync = {
    readFileSync(path, options) {
      const { Buffer } = load('node/buffer');
      const bytes = native.file_read(inside(path));
      const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      const encoding = encoding_of(options);
      return encoding ? data.toString(encoding) : data;
    },
    writeFileSync(path, data, options) {
      const flag = (typeof options === 'object' && options?.flag) || 'w';
      if (!/^(w|a|wx|ax)$/.test(flag))
        throw fault('EINVAL', `no way to write with flag ${flag}`, path);
      native.file_write(inside(path), bytes_of(data, options), flag);
    },
    appendFileSync(path, data, options) {
      native.file_write(inside(path), bytes_of(data, options), 'a');
    },
    readdirSync(path, options) {
      const names = list(String(path), Boolean(options?.recursive));
      return options?.withFileTypes
        ? names.map((name) => new Dirent(name, String(path))) : names;
    },
    mkdirSync(path, options) {
      if (options?.recursive)
        make_all(load('node/path').normalize(String(path)));
      else
        native.folder_make(inside(path));
    },
    rmSync(path, { recursive = false, force = false } = {}) {
      if (force && !sync.existsSync(path))
        return;
      if (recursive)
        remove_all(path);
      else
        native.file_remove(inside(path));
    },
    rmdirSync(path, options) {
      if (options?.recursive)
        remove_all(path);
      else
        native.folder_remove(inside(path));
    },
    unlinkSync: (path) => native.file_remove(inside(path)),
    renameSync: (from, to) => native.file_rename(inside(from), inside(to)),
    statSync: (path) => new Stats(native.file_status(inside(path))),
    accessSync: (path) => void native.file_status(inside(path)),
    copyFileSync: (from, to) =>
      native.file_write(inside(to), native.file_read(inside(from)), 'w'),
    existsSync(path) {
      try {
        native.file_status(inside(path));
        return true;
      } catch {
        return false;
      }
    },
    constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 },
  };
  sync.lstatSync = sync.statSync;

  const fs = { ...sync,
    get promises() {
      return load('node/fs_promises');
    },
  };
  for (const [name, own] of Object.entries(sync))
    if (name.endsWith('Sync'))
      fs[name.slice(0, -4)] = (...values) => {
        const done = values.pop();
        if (typeof done !== 'function')
          throw new TypeError(`fs.${name.slice(0, -4)}() needs a callback`);
        let error = null;
        let result;
        try {
          result = own(...values);
        } catch (thrown) {
          error = thrown;
        }
        queueMicrotask(() => name === 'existsSync' ? done(result)
          : done(error, result));
      };
  fs.default = fs;
  return fs;
})
