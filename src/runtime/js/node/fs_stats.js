/*
 * What node:fs says of a file and of a folder's entry.
 */
'use strict';

(function ({ load }) {
  const kinds = { isFile: 0o100000, isDirectory: 0o040000,
    isSymbolicLink: 0o120000, isFIFO: 0o010000, isSocket: 0o140000,
    isBlockDevice: 0o060000, isCharacterDevice: 0o020000 };
  const kind_mask = 0o170000;

  /* The names of the numbers that C gives, in its order; then the times, each
   * as seconds and nanoseconds. */
  const plain = ['dev', 'mode', 'nlink', 'uid', 'gid', 'rdev', 'blksize',
    'ino', 'size', 'blocks'];
  const times = ['atime', 'mtime', 'ctime', 'birthtime'];

  /* Functions, because old packages inherit from Stats by prototype. */
  function Stats(numbers = []) {
    plain.forEach((name, at) => {
      this[name] = numbers[at];
    });
    times.forEach((name, at) => {
      const place = plain.length + 2 * at;
      this[name + 'Ms'] = numbers[place] * 1e3 + numbers[place + 1] / 1e6;
    });
    for (const name of times)
      this[name] = new Date(Math.round(this[name + 'Ms']));
  }

  function BigIntStats(numbers) {
    plain.forEach((name, at) => {
      this[name] = BigInt(numbers[at]);
    });
    const nanoseconds = times.map((name, at) => {
      const place = plain.length + 2 * at;
      return BigInt(numbers[place]) * 1_000_000_000n +
        BigInt(numbers[place + 1]);
    });
    times.forEach((name, at) => {
      this[name + 'Ms'] = nanoseconds[at] / 1_000_000n;
    });
    times.forEach((name, at) => {
      this[name + 'Ns'] = nanoseconds[at];
    });
    for (const name of times)
      this[name] = new Date(Number(this[name + 'Ms']));
  }

  for (const own of [Stats, BigIntStats])
    for (const [name, kind] of Object.entries(kinds))
      Object.defineProperty(own.prototype, name, {
        configurable: true, enumerable: true, writable: true,
        value: function () {
          return (Number(this.mode) & kind_mask) === kind;
        },
      });

  /* The kernel's d_type, which is the mode's kind in fewer bits, and libuv's
   * numbers for it. */
  const unknown = 0;
  const mode_of_type = (type) => type << 12;
  const libuv = { FILE: 0o100000, DIR: 0o040000, LINK: 0o120000,
    FIFO: 0o010000, SOCKET: 0o140000, CHAR: 0o020000, BLOCK: 0o060000 };

  let is_kind;

  class Dirent {
    #mode;
    constructor(name, type, path) {
      this.name = name;
      this.parentPath = path;
      this.path = path;
      this.#mode = mode_of_type(type);
    }
    static {
      is_kind = (entry, kind) => entry.#mode === kind;
    }
  }
  for (const [name, kind] of Object.entries(kinds))
    Object.defineProperty(Dirent.prototype, name, {
      configurable: true, writable: true,
      value: function () {
        return is_kind(this, kind);
      },
    });
  /* A folder that was opened: its entries, one after another. */
  class Dir {
    #path;
    #entries;
    #is_closed = false;
    constructor(path, entries) {
      this.#path = path;
      this.#entries = entries;
    }
    get path() {
      return this.#path;
    }
    #check() {
      if (this.#is_closed)
        throw load('node/errors').make(Error, 'ERR_DIR_CLOSED',
          'Directory handle was closed');
    }
    readSync() {
      this.#check();
      return this.#entries.shift() ?? null;
    }
    closeSync() {
      this.#check();
      this.#is_closed = true;
    }
    read(done) {
      return this.#answer(() => this.readSync(), done);
    }
    close(done) {
      return this.#answer(() => this.closeSync(), done);
    }
    #answer(own, done) {
      if (done === undefined)
        return (async () => own())();
      load('node/errors').check_function(done, 'callback');
      return load('node/fs_later').call(own, (error, value) =>
        done(error, value));
    }
    async* entries() {
      try {
        for (let entry; (entry = await this.read()) !== null;)
          yield entry;
      } finally {
        await this.close();
      }
    }
  }
  Object.defineProperty(Dir.prototype, Symbol.asyncIterator,
    { value: Dir.prototype.entries, configurable: true, writable: true });
  Object.defineProperty(Dir.prototype, Symbol.asyncDispose,
    { value: Dir.prototype.close, configurable: true, writable: true });

  return { Stats, BigIntStats, Dirent, Dir, unknown, libuv };
})
