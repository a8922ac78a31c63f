/*
 * node:fs/promises: the functions of node:fs as promises, and file handles.
 */
'use strict';

(function ({ load }) {
  const { text_of_path, options_of, bytes_of, unavailable, check_view } =
    load('node/fs_arguments');
  const { promise } = load('node/fs_later');
  const { abort_error, make } = load('node/errors');
  const EventEmitter = load('node/events');
  const fs = load('node/fs');
  const tree = load('node/fs_tree');

  const closed_error = (syscall) => Object.assign(new Error('file closed'),
    { code: 'EBADF', syscall });

  class FileHandle extends EventEmitter {
    #fd;
    #closing = null;
    constructor(fd) {
      super();
      this.#fd = fd;
    }
    get fd() {
      return this.#fd;
    }
    getAsyncId() {
      return 0;
    }
    close() {
      if (this.#fd === -1)
        return Promise.resolve();
      this.#closing ??= promise(() => fs.closeSync(this.#fd)).finally(() => {
        this.#fd = -1;
        this.#closing = null;
        this.emit('close');
      });
      return this.#closing;
    }
    #call(name, ...values) {
      return promise(() => {
        if (this.#fd === -1)
          throw closed_error(name);
        return fs[`${name}Sync`](this.#fd, ...values);
      });
    }
    async read(buffer, ...rest) {
      if (buffer === undefined || buffer === null ||
        !ArrayBuffer.isView(buffer)) {
        const options = buffer ?? {};
        buffer = options.buffer ??
          load('node/buffer').Buffer.alloc(16384);
        rest = [options];
      }
      check_view(buffer);
      const bytesRead = await this.#call('read', buffer, ...rest);
      return { __proto__: null, bytesRead, buffer };
    }
    async write(buffer, ...rest) {
      const bytesWritten = await this.#call('write', buffer, ...rest);
      return { __proto__: null, bytesWritten, buffer };
    }
    async readv(buffers, position) {
      const bytesRead = await this.#call('readv', buffers, position);
      return { __proto__: null, bytesRead, buffers };
    }
    async writev(buffers, position) {
      const bytesWritten = await this.#call('writev', buffers, position);
      return { __proto__: null, bytesWritten, buffers };
    }
    readFile(options) {
      return promises.readFile(this, options);
    }
    writeFile(data, options) {
      return promises.writeFile(this, data, options);
    }
    appendFile(data, options) {
      return promises.appendFile(this, data, options);
    }
    stat(options) {
      return this.#call('fstat', options);
    }
    truncate(length) {
      return this.#call('ftruncate', length);
    }
    sync() {
      return this.#call('fsync');
    }
    datasync() {
      return this.#call('fdatasync');
    }
    chmod(mode) {
      return this.#call('fchmod', mode);
    }
    chown(uid, gid) {
      return this.#call('fchown', uid, gid);
    }
    utimes(atime, mtime) {
      return this.#call('futimes', atime, mtime);
    }
    createReadStream(options) {
      return new fs.ReadStream(undefined, { ...options_of(options),
        fd: this });
    }
    createWriteStream(options) {
      return new fs.WriteStream(undefined, { ...options_of(options),
        fd: this });
    }
    readLines(options) {
      return load('node/readline').createInterface({
        input: this.createReadStream(options), crlfDelay: Infinity });
    }
    readableWebStream() {
      return load('node/stream').Readable.toWeb(
        this.createReadStream({ autoClose: false }));
    }
  }
  Object.defineProperty(FileHandle.prototype, Symbol.asyncDispose,
    { value: FileHandle.prototype.close, configurable: true, writable: true });

  /* A path, or the descriptor of a handle. A number is neither here. */
  function place_of(path) {
    if (!(path instanceof FileHandle))
      return text_of_path(path);
    if (path.fd === -1)
      throw closed_error('readFile');
    return path.fd;
  }

  function check_signal(options) {
    if (options?.signal?.aborted)
      throw abort_error(options.signal);
  }

  const promises = {};
  for (const name of ['access', 'copyFile', 'opendir', 'rename', 'rm', 'rmdir',
    'mkdir', 'readdir', 'readlink', 'symlink', 'lstat', 'stat', 'statfs',
    'link', 'unlink', 'chmod', 'lchown', 'chown', 'utimes', 'lutimes',
    'realpath', 'mkdtemp', 'readFile', 'writeFile', 'appendFile'])
    promises[name] = { [name]: (...values) =>
      promise(() => fs[`${name}Sync`](...values)) }[name];

  promises.truncate = async function truncate(path, length) {
    return promise(() => fs.truncateSync(place_of(path), length));
  };
  promises.open = async function open(path, flags, mode) {
    return new FileHandle(await promise(() => fs.openSync(path, flags, mode)));
  };
  promises.cp = tree.copy;
  promises.lchmod = async function lchmod() {
    throw make(Error, 'ERR_METHOD_NOT_IMPLEMENTED',
      'The lchmod() method is not implemented');
  };
  promises.watch = function watch() {
    throw unavailable('promises.watch');
  };

  promises.readFile = async function readFile(path, options) {
    check_signal(options_of(options));
    return promise(() => fs.readFileSync(place_of(path), options));
  };

  const is_stream = (data) => typeof data === 'object' && data !== null &&
    !ArrayBuffer.isView(data) && (typeof data[Symbol.asyncIterator] ===
    'function' || typeof data[Symbol.iterator] === 'function');

  /* Chunk after chunk, as they come. */
  async function write_stream(path, data, options, flag) {
    const all = options_of(options);
    const file = path instanceof FileHandle ? path
      : await promises.open(path, all.flag ?? flag, all.mode);
    try {
      for await (const chunk of data) {
        check_signal(all);
        const bytes = bytes_of(chunk, all.encoding);
        for (let at = 0; at < bytes.length;)
          at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
      }
    } finally {
      if (file !== path)
        await file.close();
    }
  }

  for (const [name, flag] of [['writeFile', 'w'], ['appendFile', 'a']])
    promises[name] = { async [name](path, data, options) {
      check_signal(options_of(options));
      if (is_stream(data))
        return write_stream(path, data, options, flag);
      return promise(() => fs[`${name}Sync`](place_of(path), data, options));
    } }[name];

  promises.constants = fs.constants;
  Object.defineProperty(promises, 'FileHandle', { value: FileHandle });
  return promises;
})
