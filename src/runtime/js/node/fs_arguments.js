/*
 * What all of node:fs shares: arguments checked as Node does, paths below the
 * task's folder, and the system's errors in Node's words.
 */
'use strict';

(function ({ native, start, load }) {
  const { make, arg_type, arg_value, out_of_range, check_integer } =
    load('node/errors');

  /* ---- errors ---- */

  /* libuv's words. */
  const words = new Map(Object.entries({
    EACCES: 'permission denied', EBADF: 'bad file descriptor',
    EBUSY: 'resource busy or locked', EEXIST: 'file already exists',
    EFBIG: 'file too large', EINVAL: 'invalid argument', EIO: 'i/o error',
    EISDIR: 'illegal operation on a directory',
    ELOOP: 'too many symbolic links encountered',
    EDQUOT: 'disk quota exceeded', EMFILE: 'too many open files',
    EMLINK: 'too many links',
    ENAMETOOLONG: 'name too long', ENFILE: 'file table overflow',
    ENODEV: 'no such device', ENOENT: 'no such file or directory',
    ENOMEM: 'not enough memory', ENOSPC: 'no space left on device',
    ENOTDIR: 'not a directory', ENOTEMPTY: 'directory not empty',
    ENOTSUP: 'operation not supported on socket',
    EOVERFLOW: 'value too large for defined data type',
    EPERM: 'operation not permitted', EROFS: 'read-only file system',
    ESPIPE: 'invalid seek', ETXTBSY: 'text file is busy',
    EXDEV: 'cross-device link not permitted' }));

  /* Those that this library finds by itself. */
  const numbers = { EPERM: -1, ENOENT: -2, EBADF: -9, EACCES: -13, EEXIST: -17,
    ENOTDIR: -20, EISDIR: -21, EINVAL: -22, ELOOP: -40 };

  /* place is {path, dest}, as far as the call has them. */
  function complete(error, syscall, place = {}, text = undefined) {
    const { code, errno } = error;
    text ??= words.get(code) ?? error.message.toLowerCase();
    error.message = `${code}: ${text}, ${syscall}`;
    if (place.path !== undefined)
      error.message += ` '${place.path}'`;
    if (place.dest !== undefined)
      error.message += ` -> '${place.dest}'`;
    return Object.assign(error, { errno, code, syscall, ...place });
  }

  function fault(code, syscall, place, text) {
    return complete(Object.assign(new Error(text ?? code),
      { code, errno: numbers[code] }), syscall, place, text);
  }

  /* Call C: the function name with values. */
  function system(syscall, place, name, ...values) {
    try {
      return native[name](...values);
    } catch (error) {
      throw typeof error.errno === 'number' ? complete(error, syscall, place)
        : error;
    }
  }

  /* Node's errors of calls that it makes itself. */
  function system_error(own_code, text, { code, message, path, syscall,
    errno }) {
    const error = make(Error, own_code,
      `${text}: ${syscall} returned ${code} (${message}) ${path}`);
    error.name = 'SystemError';
    return Object.assign(error, { errno, syscall, path,
      info: { code, message, path, syscall, errno } });
  }

  /* ---- paths ---- */

  const is_bytes = (value) => value instanceof Uint8Array;

  function text_of_path(path, name = 'path') {
    if (path instanceof URL)
      path = load('node/url').fileURLToPath(path);
    else if (is_bytes(path))
      path = load('node/buffer').Buffer.from(path).toString();
    if (typeof path !== 'string')
      throw arg_type(name, 'of type string or an instance of Buffer or URL',
        path);
    if (path.includes('\0'))
      throw arg_value(name, path,
        'must be a string, Uint8Array, or URL without null bytes');
    return path;
  }

  /* The path below the folder, in the form that C takes. C makes sure that it
   * stays within the folder. place has the text that the task gave. A slash at
   * the end, which says that a folder is meant, is kept if the call takes
   * one. */
  function inside(text, syscall, place = { path: text }, takes_slash = true) {
    if (text === '')
      throw fault('ENOENT', syscall, place);
    const path = load('node/path').resolve(text);
    const root = start.folder ?? '/';
    if (path === root)
      return '.';
    if (!start.folder || !path.startsWith(root + '/'))
      throw fault('EACCES', syscall, place,
        'permission denied (a task has files in its own folder only)');
    const last = text.endsWith('/.') ? '/.'
      : takes_slash && text.endsWith('/') ? '/' : '';
    return path.slice(root.length + 1) + last;
  }

  /* ---- other arguments ---- */

  const O = { RDONLY: 0, WRONLY: 1, RDWR: 2, CREAT: 0o100, EXCL: 0o200,
    TRUNC: 0o1000, APPEND: 0o2000, SYNC: 0o4010000 };

  const ways = new Map(Object.entries({
    r: O.RDONLY, rs: O.RDONLY | O.SYNC, 'r+': O.RDWR, 'rs+': O.RDWR | O.SYNC,
    w: O.TRUNC | O.CREAT | O.WRONLY,
    wx: O.TRUNC | O.CREAT | O.WRONLY | O.EXCL,
    'w+': O.TRUNC | O.CREAT | O.RDWR,
    'wx+': O.TRUNC | O.CREAT | O.RDWR | O.EXCL,
    a: O.APPEND | O.CREAT | O.WRONLY,
    ax: O.APPEND | O.CREAT | O.WRONLY | O.EXCL,
    as: O.APPEND | O.CREAT | O.WRONLY | O.SYNC,
    'a+': O.APPEND | O.CREAT | O.RDWR,
    'ax+': O.APPEND | O.CREAT | O.RDWR | O.EXCL,
    'as+': O.APPEND | O.CREAT | O.RDWR | O.SYNC }));
  for (const [name, other] of [['rs', 'sr'], ['rs+', 'sr+'], ['wx', 'xw'],
    ['wx+', 'xw+'], ['ax', 'xa'], ['ax+', 'xa+'], ['as', 'sa'],
    ['as+', 'sa+']])
    ways.set(other, ways.get(name));

  function flags_of(flags, name = 'flags') {
    if (typeof flags === 'number') {
      check_integer(flags, name, -0x80000000, 0x7fffffff);
      return flags;
    }
    if (flags === undefined || flags === null)
      return O.RDONLY;
    if (!ways.has(flags))
      throw arg_value(name, flags);
    return ways.get(flags);
  }

  function mode_of(mode, name = 'mode', fallback = undefined) {
    mode ??= fallback;
    if (typeof mode === 'string') {
      if (!/^[0-7]+$/.test(mode))
        throw arg_value(name, mode,
          'must be a 32-bit unsigned integer or an octal string');
      mode = parseInt(mode, 8);
    }
    check_integer(mode, name, 0, 0xffffffff);
    return mode;
  }

  /* Seconds since 1970. */
  function time_of(time, name = 'time') {
    if (typeof time === 'string' && +time == time)
      return +time;
    if (Number.isFinite(time))
      return time < 0 ? Date.now() / 1000 : time;
    if (load('node/util_types').isDate(time))
      return time.getTime() / 1000;
    throw arg_type(name, 'an instance of Date or an Time in seconds', time);
  }

  function check_descriptor(fd) {
    check_integer(fd, 'fd', 0, 0x7fffffff);
    return fd;
  }

  function check_encoding(encoding) {
    if (encoding && encoding !== 'buffer' &&
      !load('node/buffer').Buffer.isEncoding(encoding))
      throw arg_value('encoding', encoding, 'is invalid encoding');
  }

  /* The options as an object. A text stands for an encoding. */
  function options_of(options, fallback = {}) {
    if (options === undefined || options === null ||
      typeof options === 'function')
      return fallback;
    if (typeof options !== 'string' && typeof options !== 'object')
      throw arg_type('options', 'one of type string or object', options);
    const all = typeof options === 'string'
      ? { ...fallback, encoding: options } : { ...fallback, ...options };
    check_encoding(all.encoding);
    if (all.signal !== undefined)
      load('node/errors').check_signal(all.signal, 'options.signal');
    return all;
  }

  const plain = (view) =>
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

  function check_view(value, name = 'buffer') {
    if (!ArrayBuffer.isView(value))
      throw arg_type(name, 'an instance of Buffer, TypedArray, or DataView',
        value);
  }

  function bytes_of(data, encoding, name = 'data') {
    if (typeof data === 'string')
      return plain(load('node/buffer').Buffer.from(data, encoding || 'utf8'));
    if (!ArrayBuffer.isView(data))
      throw arg_type(name, 'of type string or an instance of Buffer, ' +
        'TypedArray, or DataView', data);
    return plain(data);
  }

  /* The whole of a range within a buffer, checked. is_write: Node checks the
   * two ways with different words. */
  function range_of(view, offset, length, is_write) {
    const size = view.byteLength;
    if (is_write && offset > size)
      throw out_of_range('offset', `<= ${size}`, offset);
    if (length < 0)
      throw out_of_range('length', '>= 0', length);
    if (offset + length > size)
      throw out_of_range('length', `<= ${size - offset}`, length);
    return plain(view).subarray(offset, offset + length);
  }

  /* -1 is the file's own position. */
  function position_of(position) {
    if (position === undefined || position === null)
      return -1;
    if (typeof position === 'bigint')
      position = Number(position);
    if (typeof position !== 'number')
      throw arg_type('position', 'of type bigint or integer', position);
    check_integer(position, 'position', -1);
    return position;
  }

  function unavailable(name) {
    return make(Error, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
      `fs.${name}() is not there in this engine; a task that needs it can ` +
      'choose "engine: node"');
  }

  return { fault, system, system_error, text_of_path, inside, O, flags_of,
    mode_of, time_of, check_descriptor, check_encoding, options_of, check_view,
    bytes_of, range_of, position_of, plain, unavailable };
})
