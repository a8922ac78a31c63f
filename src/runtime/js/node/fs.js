/*
 * node:fs in the task's folder: synchronous calls, the same with callbacks, and
 * promises.
 */
'use strict';

(function ({ native, start, load }) {
  const { make, arg_type, arg_value, check_boolean, check_function,
    check_integer } = load('node/errors');

  function fault(code, text, path) {
    const error = new Error(`${code}: ${text} '${path}'`);
    error.code = code;
    return error;
  }

  /* Linux's numbers of the errors that file calls can have. */
  const numbers = new Map(Object.entries({ EPERM: 1, ENOENT: 2, EIO: 5,
    EACCES: 13, EEXIST: 17, EXDEV: 18, ENOTDIR: 20, EISDIR: 21, EINVAL: 22,
    EMFILE: 24, EFBIG: 27, ENOSPC: 28, EROFS: 30, ENAMETOOLONG: 36,
    ENOTEMPTY: 39, ELOOP: 40 }));

  /* Node's words where they differ from the system's. */
  const words = new Map(Object.entries({
    EEXIST: 'file already exists', EISDIR: 'illegal operation on a directory',
    ENAMETOOLONG: 'name too long',
    ELOOP: 'too many symbolic links encountered' }));

  /* Call C. Its error names the path below the folder; the error thrown here
   * names the path that the task gave. */
  function system(name, given, ...values) {
    try {
      return native[name](...values);
    } catch (error) {
      const found = /^\w+: (.+), (\w+) '[^]*'$/.exec(error.message);
      if (!found)
        throw error;
      const [, what, syscall] = found;
      const text = words.get(error.code) ??
        what[0].toLowerCase() + what.slice(1);
      error.message = `${error.code}: ${text}, ${syscall} '${given}'`;
      throw Object.assign(error, { errno: -(numbers.get(error.code) ?? 5),
        syscall, path: String(given) });
    }
  }

  /* ---- arguments, checked as Node does ---- */

  function text_of_path(path, name) {
    if (path instanceof URL) {
      if (path.protocol !== 'file:')
        throw make(TypeError, 'ERR_INVALID_URL_SCHEME',
          'The URL must be of scheme file');
      path = decodeURIComponent(path.pathname);
    } else if (path instanceof Uint8Array) {
      path = load('node/buffer').Buffer.from(path).toString();
    }
    if (typeof path !== 'string')
      throw arg_type(name, 'of type string or an instance of Buffer or URL',
        path);
    if (path.includes('\0'))
      throw arg_value(name, path,
        'must be a string, Uint8Array, or URL without null bytes');
    return path;
  }

  /* The path below the folder, in the form that C takes. C makes sure that it
   * stays within the folder. */
  function inside(given, name = 'path') {
    const text = text_of_path(given, name);
    if (text === '')
      throw fault('ENOENT', 'no such file or directory,', text);
    const path = load('node/path').resolve(text);
    const root = start.folder ?? '/';
    if (path === root)
      return '.';
    if (!start.folder || !path.startsWith(root + '/'))
      throw fault('EACCES', 'a task has files in its own folder only,', path);
    return path.slice(root.length + 1);
  }

  /* The options as an object. A text stands for an encoding. */
  function options_of(options) {
    if (options === undefined || options === null ||
      typeof options === 'function')
      return {};
    if (typeof options !== 'string' && typeof options !== 'object')
      throw arg_type('options', 'of type string or an instance of Object',
        options);
    const all = typeof options === 'string' ? { encoding: options } : options;
    const { encoding } = all;
    if (encoding && encoding !== 'buffer' &&
      !load('node/buffer').Buffer.isEncoding(encoding))
      throw arg_value('encoding', encoding, 'is invalid encoding');
    return all;
  }

  /* Other flags would need open files. */
  const ways = { __proto__: null, w: 'w', 'w+': 'w', a: 'a', 'a+': 'a',
    as: 'a', wx: 'wx', xw: 'wx', 'wx+': 'wx', ax: 'ax', xa: 'ax', 'ax+': 'ax' };

  function way_of(flag) {
    const way = ways[flag];
    if (!way)
      throw arg_value('flags', flag);
    return way;
  }

  function bytes_of(data, encoding) {
    if (typeof data === 'string')
      return new Uint8Array(load('node/buffer').Buffer.from(data,
        encoding || 'utf8'));
    if (!ArrayBuffer.isView(data))
      throw arg_type('data', 'of type string or an instance of Buffer, ' +
        'TypedArray, or DataView', data);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }

  /* ---- what there is to know of a file ---- */

  class Stats {
    constructor([kind, size, changed_ms]) {
      this.dev = 0;
      this.mode = kind === 'folder' ? 0o40755 : 0o100644;
      this.nlink = 1;
      this.uid = 0;
      this.gid = 0;
      this.size = size;
      for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) {
        this[name + 'Ms'] = changed_ms;
        this[name] = new Date(changed_ms);
      }
      Object.defineProperty(this, 'kind', { value: kind });
    }
    isFile() {
      return this.kind === 'file';
    }
    isDirectory() {
      return this.kind === 'folder';
    }
  }
  for (const name of ['isSymbolicLink', 'isFIFO', 'isSocket', 'isBlockDevice',
    'isCharacterDevice'])
    Stats.prototype[name] = () => false;

  class Dirent {
    #stats;
    constructor(name, parent) {
      this.name = name;
      this.parentPath = parent;
      this.path = parent;
      this.#stats = sync.statSync(`${parent}/${name}`);
    }
    isFile() {
      return this.#stats.isFile();
    }
    isDirectory() {
      return this.#stats.isDirectory();
    }
  }
  for (const name of ['isSymbolicLink', 'isFIFO', 'isSocket', 'isBlockDevice',
    'isCharacterDevice'])
    Dirent.prototype[name] = () => false;

  function list(path, recursive, prefix = '') {
    return system('file_list', path, inside(path)).sort().flatMap((name) => {
      const whole = `${path}/${name}`;
      const below = recursive && sync.statSync(whole).isDirectory()
        ? list(whole, true, `${prefix}${name}/`) : [];
      return [prefix + name, ...below];
    });
  }

  /* Make a folder and those above it. Returns the first that was made, or
   * undefined if all existed. */
  function make_all(path) {
    if (path === '.' || sync.existsSync(path)) {
      if (!sync.statSync(path).isDirectory())
        throw fault('EEXIST', 'file already exists, mkdir', path);
      return undefined;
    }
    const first = make_all(load('node/path').dirname(path));
    system('folder_make', path, inside(path));
    return first ?? path;
  }

  function remove_all(path) {
    if (!sync.statSync(path).isDirectory()) {
      system('file_remove', path, inside(path));
      return;
    }
    for (const name of system('file_list', path, inside(path)))
      remove_all(`${path}/${name}`);
    system('folder_remove', path, inside(path));
  }

  function write(path, data, options, fallback) {
    const { encoding, flag } = options_of(options);
    const place = inside(path);
    system('file_write', path, place, bytes_of(data, encoding),
      way_of(flag ?? fallback));
  }

  const copy_exclusively = 1;

  const sync = {
    readFileSync(path, options) {
      const { encoding } = options_of(options);
      const { Buffer } = load('node/buffer');
      const bytes = system('file_read', path, inside(path));
      const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      return encoding ? data.toString(encoding) : data;
    },
    writeFileSync: (path, data, options) => write(path, data, options, 'w'),
    appendFileSync: (path, data, options) => write(path, data, options, 'a'),
    readdirSync(path, options) {
      const { recursive, withFileTypes } = options_of(options);
      if (recursive !== undefined)
        check_boolean(recursive, 'options.recursive');
      path = text_of_path(path, 'path');
      const names = list(path, Boolean(recursive));
      return withFileTypes
        ? names.map((name) => new Dirent(name, path)) : names;
    },
    mkdirSync(path, options) {
      const recursive = options?.recursive ?? false;
      path = text_of_path(path, 'path');
      check_boolean(recursive, 'options.recursive');
      if (recursive)
        return make_all(load('node/path').normalize(path)
          .replace(/(?<=.)\/+$/, ''));
      system('folder_make', path, inside(path));
      return undefined;
    },
    rmSync(path, options = {}) {
      const { recursive = false, force = false } = options;
      path = text_of_path(path, 'path');
      check_boolean(recursive, 'options.recursive');
      check_boolean(force, 'options.force');
      if (force && !sync.existsSync(path))
        return;
      if (recursive)
        remove_all(path);
      else if (sync.statSync(path).isDirectory())
        throw make(Error, 'ERR_FS_EISDIR', 'Path is a directory: rm returned ' +
          `EISDIR (is a directory) ${path}`);
      else
        system('file_remove', path, inside(path));
    },
    rmdirSync(path, options) {
      path = text_of_path(path, 'path');
      if (options?.recursive)
        remove_all(path);
      else
        system('folder_remove', path, inside(path));
    },
    unlinkSync: (path) => system('file_remove', path, inside(path)),
    renameSync: (from, to) =>
      system('file_rename', from, inside(from, 'oldPath'),
        inside(to, 'newPath')),
    statSync(path, options) {
      const place = inside(path);
      try {
        return new Stats(system('file_status', path, place));
      } catch (error) {
        if (options?.throwIfNoEntry === false && error.code === 'ENOENT')
          return undefined;
        throw error;
      }
    },
    accessSync(path, mode) {
      const place = inside(path);
      if (mode !== undefined)
        check_integer(mode, 'mode', 0, 7);
      system('file_status', path, place);
    },
    copyFileSync(from, to, mode = 0) {
      const [source, target] = [inside(from, 'src'), inside(to, 'dest')];
      check_integer(mode, 'mode', 0, 7);
      system('file_write', to, target, system('file_read', from, source),
        mode & copy_exclusively ? 'wx' : 'w');
    },
    existsSync(path) {
      try {
        system('file_status', path, inside(path));
        return true;
      } catch {
        return false;
      }
    },
    constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1,
      COPYFILE_EXCL: copy_exclusively },
  };
  sync.lstatSync = sync.statSync;

  const fs = { ...sync, ...sync.constants, Stats, Dirent,
    get promises() {
      return load('node/fs_promises');
    },
  };

  /* As in Node, wrong arguments throw, and errors of the file go to the
   * callback. */
  function with_callback(own) {
    return (...values) => {
      const done = values.pop();
      check_function(done, 'cb');
      let error = null;
      let result;
      try {
        result = own(...values);
      } catch (thrown) {
        if (String(thrown.code).startsWith('ERR_INVALID') ||
          thrown.code === 'ERR_OUT_OF_RANGE')
          throw thrown;
        error = thrown;
      }
      queueMicrotask(() => error ? done(error) : done(null, result));
    };
  }
  for (const [name, own] of Object.entries(sync))
    if (name.endsWith('Sync'))
      fs[name.slice(0, -4)] = with_callback(own);

  /* The callback of exists() takes no error. */
  fs.exists = function exists(path, done) {
    check_function(done, 'cb');
    const found = sync.existsSync(path);
    queueMicrotask(() => done(found));
  };
  fs.exists[Symbol.for('nodejs.util.promisify.custom')] = async (path) =>
    sync.existsSync(path);

  fs.default = fs;
  return fs;
})
