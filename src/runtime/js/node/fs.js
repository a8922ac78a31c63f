/*
 * node:fs in the task's folder: the synchronous functions of fs_sync.js and
 * fs_tree.js, the same with callbacks, streams and constants. What would watch
 * files is refused when it is called.
 */
'use strict';

(function ({ load }) {
  const { text_of_path, time_of, O, check_view, unavailable } =
    load('node/fs_arguments');
  const { Stats, Dirent, Dir, libuv } = load('node/fs_stats');
  const { check_function } = load('node/errors');
  const { later, call } = load('node/fs_later');
  const tree = load('node/fs_tree');

  const sync = { ...load('node/fs_sync').sync, ...tree.sync };

  const constants = Object.assign(Object.create(null), {
    UV_FS_SYMLINK_DIR: 1, UV_FS_SYMLINK_JUNCTION: 2,
    O_RDONLY: O.RDONLY, O_WRONLY: O.WRONLY, O_RDWR: O.RDWR,
    UV_DIRENT_UNKNOWN: 0, UV_DIRENT_FILE: 1, UV_DIRENT_DIR: 2,
    UV_DIRENT_LINK: 3, UV_DIRENT_FIFO: 4, UV_DIRENT_SOCKET: 5,
    UV_DIRENT_CHAR: 6, UV_DIRENT_BLOCK: 7,
    EXTENSIONLESS_FORMAT_JAVASCRIPT: 0, EXTENSIONLESS_FORMAT_WASM: 1,
    S_IFMT: 0o170000, S_IFREG: libuv.FILE, S_IFDIR: libuv.DIR,
    S_IFCHR: libuv.CHAR, S_IFBLK: libuv.BLOCK, S_IFIFO: libuv.FIFO,
    S_IFLNK: libuv.LINK, S_IFSOCK: libuv.SOCKET,
    O_CREAT: O.CREAT, O_EXCL: O.EXCL, UV_FS_O_FILEMAP: 0, O_NOCTTY: 0o400,
    O_TRUNC: O.TRUNC, O_APPEND: O.APPEND, O_DIRECTORY: 0o200000,
    O_NOATIME: 0o1000000, O_NOFOLLOW: 0o400000, O_SYNC: O.SYNC,
    O_DSYNC: 0o10000, O_DIRECT: 0o40000, O_NONBLOCK: 0o4000,
    S_IRWXU: 0o700, S_IRUSR: 0o400, S_IWUSR: 0o200, S_IXUSR: 0o100,
    S_IRWXG: 0o70, S_IRGRP: 0o40, S_IWGRP: 0o20, S_IXGRP: 0o10,
    S_IRWXO: 0o7, S_IROTH: 0o4, S_IWOTH: 0o2, S_IXOTH: 0o1,
    F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1,
    UV_FS_COPYFILE_EXCL: 1, COPYFILE_EXCL: 1,
    UV_FS_COPYFILE_FICLONE: 2, COPYFILE_FICLONE: 2,
    UV_FS_COPYFILE_FICLONE_FORCE: 4, COPYFILE_FICLONE_FORCE: 4 });

  const fs = { ...sync, Stats, Dirent, Dir, constants,
    F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, _toUnixTimestamp: time_of,
    /* Node has these on macOS only. */
    lchmod: undefined, lchmodSync: undefined };

  function callback_of(values) {
    const done = values.pop();
    check_function(done, 'cb');
    return done;
  }

  /* The options of readFile() and its kin may have a signal. */
  function check_aborted(signal) {
    if (signal?.aborted)
      throw load('node/errors').abort_error(signal);
  }

  /* Each function's form with a callback, which gets error and value. */
  for (const [name, own] of Object.entries(sync)) {
    const plain = name.slice(0, -'Sync'.length);
    fs[plain] = { [plain](...values) {
      const done = callback_of(values);
      call(() => {
        check_aborted(values.at(-1)?.signal);
        return own(...values);
      }, (error, value) => error ? done(error)
        : value === undefined ? done(null) : done(null, value));
    } }[plain];
  }
  fs.realpath.native = (...values) => {
    const done = callback_of(values);
    call(() => sync.realpathSync.native(...values), done);
  };

  /* The callbacks of these get the buffer as well. */
  const args = Symbol.for('nodejs.util.promisify.custom');
  function with_data(name, label, own) {
    fs[name] = { [name](...values) {
      const done = callback_of(values);
      const { data, run } = own(...values);
      call(run, (error, count) => done(error, count ?? 0, data));
    } }[name];
    Object.defineProperty(fs[name], args, { configurable: true,
      value: (...values) => new Promise((resolve, reject) => {
        fs[name](...values, (error, count, data) => error ? reject(error)
          : resolve({ [label]: count, buffer: data }));
      }) });
  }
  const piece_size = 16384;
  with_data('read', 'bytesRead', (fd, buffer, ...rest) => {
    if (buffer === undefined || buffer !== null && typeof buffer === 'object' &&
      !ArrayBuffer.isView(buffer)) {
      const options = buffer ?? {};
      buffer = options.buffer ??
        load('node/buffer').Buffer.alloc(piece_size);
      rest = [options];
    }
    check_view(buffer);
    return { data: buffer, run: () => sync.readSync(fd, buffer, ...rest) };
  });
  for (const [name, label] of [['write', 'bytesWritten'],
    ['readv', 'bytesRead'], ['writev', 'bytesWritten']])
    with_data(name, label, (fd, data, ...rest) =>
      ({ data, run: () => sync[`${name}Sync`](fd, data, ...rest) }));

  /* The callback of exists() takes no error. */
  fs.exists = function exists(path, done) {
    check_function(done, 'cb');
    const found = sync.existsSync(path);
    later(() => done(found));
  };
  Object.defineProperty(fs.exists, args, { configurable: true,
    value: async (path) => sync.existsSync(path) });

  fs.cp = function cp(...values) {
    const done = callback_of(values);
    tree.copy(...values).then(() => later(() => done(null)),
      (error) => later(() => done(error)));
  };

  fs.openAsBlob = async function openAsBlob(path, options = {}) {
    load('node/errors').check_object(options, 'options');
    const { type = '' } = options;
    load('node/errors').check_string(type, 'options.type');
    return new Blob([sync.readFileSync(path)], { type });
  };

  for (const name of ['watch', 'watchFile'])
    fs[name] = { [name](path) {
      text_of_path(path);
      throw unavailable(name);
    } }[name];
  fs.unwatchFile = function unwatchFile(path) {
    text_of_path(path, 'filename');
  };

  /* Some packages put classes of their own here. */
  function define_lazy(name, get) {
    Object.defineProperty(fs, name, { configurable: true, enumerable: true,
      get, set(value) {
        Object.defineProperty(fs, name, { value, configurable: true,
          enumerable: true, writable: true });
      } });
  }
  for (const [name, own] of [['ReadStream', 'ReadStream'],
    ['WriteStream', 'WriteStream'], ['FileReadStream', 'ReadStream'],
    ['FileWriteStream', 'WriteStream']])
    define_lazy(name, () => load('node/fs_streams')[own]);
  fs.createReadStream = function createReadStream(path, options) {
    return new fs.ReadStream(path, options);
  };
  fs.createWriteStream = function createWriteStream(path, options) {
    return new fs.WriteStream(path, options);
  };
  define_lazy('promises', () => load('node/fs_promises'));

  return fs;
})
