/*
 * node:fs's synchronous functions, of which the other forms are made. Whole
 * trees are in fs_tree.js.
 */
'use strict';

(function ({ native, load }) {
  const { fault, system, text_of_path, inside, O, flags_of, mode_of, time_of,
    check_descriptor, options_of, check_view, bytes_of, range_of, position_of,
    plain, unavailable } = load('node/fs_arguments');
  const { Stats, BigIntStats, Dirent, Dir, unknown } = load('node/fs_stats');
  const { arg_type, arg_value, check_integer, check_boolean, check_object } =
    load('node/errors');

  /* As large as a message's payload. */
  const read_max = 64 * 2 ** 20;

  /* The calls that open what they are about. The others change a name of the
   * folder above, which has no slash. */
  const opening = new Set(['file_open', 'file_status', 'file_list']);

  /* A call with one path. */
  function on_path(syscall, path, name, ...values) {
    const place = { path: text_of_path(path) };
    return system(syscall, place, name,
      inside(place.path, syscall, place, opening.has(name)), ...values);
  }

  /* A call with two. */
  function on_pair(syscall, from, to, names, name) {
    const place = { path: text_of_path(from, names[0]),
      dest: text_of_path(to, names[1]) };
    return system(syscall, place, name,
      inside(place.path, syscall, place, false),
      inside(place.dest, syscall, place, false));
  }

  const on_descriptor = (syscall, fd, name, ...values) =>
    system(syscall, {}, name, check_descriptor(fd), ...values);

  /* ---- descriptors ---- */

  function openSync(path, flags, mode) {
    const own = flags_of(flags);
    return on_path('open', path, 'file_open', own,
      mode_of(mode, 'mode', 0o666));
  }

  function closeSync(fd) {
    on_descriptor('close', fd, 'descriptor_close');
  }

  /* A task's own output has no file behind it. */
  function write_output(fd, bytes) {
    process[fd === 1 ? 'stdout' : 'stderr'].write(
      load('node/buffer').Buffer.from(bytes));
    return bytes.length;
  }

  function put(fd, bytes, position = -1) {
    return fd === 1 || fd === 2 ? write_output(fd, bytes)
      : system('write', {}, 'descriptor_write', fd, bytes, position);
  }

  function put_whole(fd, bytes, position = -1) {
    for (let at = 0; at < bytes.length;)
      at += put(fd, bytes.subarray(at), position < 0 ? -1 : position + at);
  }

  function readSync(fd, buffer, offset, length, position) {
    check_descriptor(fd);
    check_view(buffer);
    if (arguments.length === 3 && offset !== undefined && offset !== null)
      check_object(offset, 'options');
    if (arguments.length <= 3 || typeof offset === 'object' && offset !== null)
      ({ offset = 0, length = buffer.byteLength - offset, position = null } =
        offset ?? {});
    if (offset === undefined)
      offset = 0;
    else
      check_integer(offset, 'offset', 0);
    length |= 0;
    if (length === 0)
      return 0;
    if (!buffer.byteLength)
      throw arg_value('buffer', buffer, 'is empty and cannot be written');
    return system('read', {}, 'descriptor_read', fd,
      range_of(buffer, offset, length, false), position_of(position));
  }

  function writeSync(fd, data, offset, length, position) {
    check_descriptor(fd);
    if (ArrayBuffer.isView(data)) {
      if (typeof offset === 'object' && offset !== null)
        ({ offset = 0, length = data.byteLength - offset, position = null } =
          offset);
      offset ??= 0;
      check_integer(offset, 'offset', 0);
      if (typeof length !== 'number')
        length = data.byteLength - offset;
      return put(fd, range_of(data, offset, length, true),
        typeof position === 'number' ? position : -1);
    }
    /* A text, its position, its encoding. */
    return put(fd, bytes_of(data, length, 'buffer'),
      typeof offset === 'number' ? offset : -1);
  }

  function check_list(buffers) {
    if (!Array.isArray(buffers) || !buffers.every(ArrayBuffer.isView))
      throw arg_type('buffers', 'an instance of ArrayBufferView[]', buffers);
    return buffers;
  }

  /* Buffer after buffer, until one is not filled or taken whole. */
  function each_buffer(fd, buffers, position, own) {
    check_descriptor(fd);
    let at = typeof position === 'number' ? position : -1;
    let sum = 0;
    for (const buffer of check_list(buffers)) {
      const count = own(plain(buffer), at);
      sum += count;
      if (at >= 0)
        at += count;
      if (count < buffer.byteLength)
        break;
    }
    return sum;
  }

  const readvSync = (fd, buffers, position) => each_buffer(fd, buffers,
    position, (bytes, at) => bytes.length
      ? system('read', {}, 'descriptor_read', fd, bytes, at) : 0);
  const writevSync = (fd, buffers, position) => each_buffer(fd, buffers,
    position, (bytes, at) => put(fd, bytes, at));

  function status_of(numbers, options) {
    return options?.bigint ? new BigIntStats(numbers) : new Stats(numbers);
  }

  function fstatSync(fd, options) {
    return status_of(on_descriptor('fstat', fd, 'descriptor_status'), options);
  }

  function resize(fd, length = 0) {
    check_integer(length, 'len');
    on_descriptor('ftruncate', fd, 'descriptor_resize', Math.max(0, length));
  }

  const set_times = (syscall, fd, atime, mtime) =>
    on_descriptor(syscall, fd, 'descriptor_times', time_of(atime),
      time_of(mtime));

  /* Run own with a descriptor of the path. The errors name the path's call. */
  function with_file(syscall, path, flags, own) {
    const fd = on_path(syscall, path, 'file_open', flags, 0o666);
    try {
      return own(fd);
    } finally {
      closeSync(fd);
    }
  }

  /* A file that may not be read may still be written. */
  function with_any(syscall, path, own) {
    try {
      return with_file(syscall, path, O.RDONLY, own);
    } catch (error) {
      if (error.code !== 'EACCES')
        throw error;
      return with_file(syscall, path, O.WRONLY, own);
    }
  }

  /* ---- whole files ---- */

  const is_descriptor = (path) => path === (path | 0);

  function read_all(fd) {
    const { Buffer } = load('node/buffer');
    const { size } = fstatSync(fd);
    if (size > read_max)
      throw load('node/errors').make(RangeError, 'ERR_FS_FILE_TOO_LARGE',
        `File size (${size}) is greater than ${read_max} bytes; read it in ` +
        'pieces');
    /* A byte more than the rest, so that one read finds the end. */
    let whole = Buffer.allocUnsafeSlow(size + 1);
    let at = 0;
    for (;;) {
      const count = system('read', {}, 'descriptor_read', fd,
        plain(whole).subarray(at), -1);
      if (!count)
        return whole.subarray(0, at);
      at += count;
      if (at === whole.length)
        whole = Buffer.concat([whole], whole.length + 65536);
    }
  }

  function readFileSync(path, options) {
    const { encoding, flag = 'r' } = options_of(options);
    const flags = flags_of(flag, 'options.flag');
    const data = is_descriptor(path) ? read_all(check_descriptor(path))
      : with_file('open', path, flags, read_all);
    return encoding && encoding !== 'buffer' ? data.toString(encoding) : data;
  }

  function write_file(path, data, options, fallback) {
    const { encoding, mode, flag = fallback, flush = false } =
      options_of(options);
    check_boolean(flush, 'options.flush');
    const flags = flags_of(flag, 'options.flag');
    const bytes = bytes_of(data, encoding);
    const is_open = is_descriptor(path);
    const fd = is_open ? check_descriptor(path)
      : openSync(path, flags, mode_of(mode, 'mode', 0o666));
    try {
      put_whole(fd, bytes);
      if (flush)
        on_descriptor('fsync', fd, 'descriptor_sync', true);
    } finally {
      if (!is_open)
        closeSync(fd);
    }
  }

  const copy_exclusively = 1;
  const copy_only_shared = 4;

  function copyFileSync(from, to, mode = 0) {
    const place = { path: text_of_path(from, 'src'),
      dest: text_of_path(to, 'dest') };
    check_integer(mode, 'mode', 0, 7);
    if (mode & copy_only_shared)
      throw fault('EINVAL', 'copyfile', place,
        'a copy that shares blocks is not supported');
    const open = (path, flags, rights) => system('copyfile', place,
      'file_open', inside(path, 'copyfile', place), flags, rights);
    const source = open(place.path, O.RDONLY, 0);
    try {
      const { mode: rights, ino } = fstatSync(source);
      const target = open(place.dest, O.WRONLY | O.CREAT |
        (mode & copy_exclusively ? O.EXCL : 0), rights & 0o777);
      try {
        if (fstatSync(target).ino !== ino)
          copy(source, target, place);
      } finally {
        closeSync(target);
      }
    } finally {
      closeSync(source);
    }
  }

  function copy(source, target, place) {
    const piece = new Uint8Array(65536);
    resize(target);
    for (;;) {
      const count = system('copyfile', place, 'descriptor_read', source,
        piece, -1);
      if (!count)
        return;
      put_whole(target, piece.subarray(0, count));
    }
  }

  /* ---- names ---- */

  function lstatSync(path, options) {
    return status('lstat', path, options);
  }

  function status(syscall, path, options) {
    try {
      return status_of(on_path(syscall, path, 'file_status'), options);
    } catch (error) {
      if (options?.throwIfNoEntry === false && error.code === 'ENOENT')
        return undefined;
      throw error;
    }
  }

  /* The sandbox follows no symbolic link. */
  function statSync(path, options) {
    const found = status('stat', path, options);
    if (found?.isSymbolicLink())
      throw fault('ELOOP', 'stat', { path: text_of_path(path) });
    return found;
  }

  const read_right = 4, write_right = 2, run_right = 1;

  function accessSync(path, mode) {
    if (mode !== undefined && mode !== null)
      check_integer(mode, 'mode', 0, 7);
    const place = { path: text_of_path(path) };
    const numbers = on_path('access', path, 'file_status');
    const { mode: rights, uid } = new Stats(numbers);
    /* The files are the worker's own. The system's administrator may read and
     * write all. */
    const own = rights >> 6 & 7 | (uid === 0 ? read_right | write_right : 0);
    if ((mode & ~own & (read_right | write_right | run_right)) !== 0)
      throw fault('EACCES', 'access', place);
  }

  function existsSync(path) {
    try {
      on_path('access', path, 'file_status');
      return true;
    } catch {
      return false;
    }
  }

  function realpathSync(path, options) {
    options_of(options);
    /* Node makes a text of anything here. */
    const text = text_of_path(path instanceof URL ? path : `${path}`);
    const whole = load('node/path').resolve(text);
    /* The error names the first part that is not there. */
    let found = status('lstat', process.cwd());
    let part = process.cwd();
    if (whole !== part && !whole.startsWith(`${part}/`))
      found = status('lstat', whole);
    for (const name of whole.slice(part.length + 1).split('/').filter(Boolean))
      found = status('lstat', part += `/${name}`);
    if (found.isSymbolicLink())
      throw fault('ELOOP', 'realpath', { path: text });
    return encoded(whole, options);
  }
  realpathSync.native = (path, options) => {
    options_of(options);
    on_path('realpath', path, 'file_status');
    return realpathSync(path, options);
  };

  /* A name as the options want it. */
  function encoded(name, options) {
    const encoding = typeof options === 'string' ? options : options?.encoding;
    if (!encoding || encoding === 'utf8' || encoding === 'utf-8')
      return name;
    const bytes = load('node/buffer').Buffer.from(name);
    return encoding === 'buffer' ? bytes : bytes.toString(encoding);
  }

  /* Of the three, only those that change nothing can be granted. */
  function change_owner(syscall, given, numbers, uid, gid) {
    check_integer(uid, 'uid', -1, 0xffffffff);
    check_integer(gid, 'gid', -1, 0xffffffff);
    const own = new Stats(numbers);
    if (uid !== -1 && uid !== own.uid || gid !== -1 && gid !== own.gid)
      throw fault('EPERM', syscall, given);
  }

  const letters =
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

  function mkdtempSync(prefix, options) {
    options_of(options);
    const text = text_of_path(prefix, 'prefix');
    const place = { path: `${text}XXXXXX` };
    for (;;) {
      const chosen = new Uint8Array(6);
      native.random(chosen);
      const path = text + Array.from(chosen,
        (byte) => letters[byte % letters.length]).join('');
      try {
        system('mkdtemp', place, 'folder_make',
          inside(path, 'mkdtemp', place));
        return encoded(path, options);
      } catch (error) {
        if (error.code !== 'EEXIST')
          throw error;
      }
    }
  }

  /* [name, type, ...] as entries. */
  function entries_of(path, list) {
    const entries = [];
    for (let at = 0; at < list.length; at += 2) {
      let type = list[at + 1];
      if (type === unknown)
        type = lstatSync(`${path}/${list[at]}`).mode >> 12;
      entries.push(new Dirent(list[at], type, path));
    }
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  function list(path, syscall = 'scandir') {
    const text = text_of_path(path);
    return entries_of(text, on_path(syscall, text, 'file_list'));
  }

  function opendirSync(path, options) {
    const { bufferSize } = options_of(options);
    if (bufferSize !== undefined)
      check_integer(bufferSize, 'options.bufferSize', 1, 0xffffffff);
    return new Dir(text_of_path(path), options?.recursive
      ? load('node/fs_tree').list_all(text_of_path(path))
      : list(path, 'opendir'));
  }

  function truncateSync(path, length = 0) {
    if (typeof path === 'number')
      return resize(path, length ?? 0);
    return with_file('open', path, 2, (fd) => resize(fd, length ?? 0));
  }

  const utimes = (syscall) => (path, atime, mtime) => {
    text_of_path(path);
    const times = [time_of(atime), time_of(mtime)];
    with_any(syscall, path, (fd) => set_times(syscall, fd, ...times));
  };

  const sync = {
    accessSync,
    appendFileSync: (path, data, options) =>
      write_file(path, data, options, 'a'),
    chmodSync(path, mode) {
      text_of_path(path);
      const own = mode_of(mode);
      with_any('chmod', path, (fd) =>
        on_descriptor('chmod', fd, 'descriptor_mode', own));
    },
    chownSync: (path, uid, gid) => change_owner('chown',
      { path: text_of_path(path) }, on_path('chown', path, 'file_status'), uid,
      gid),
    closeSync, copyFileSync, existsSync,
    fchmodSync: (fd, mode) =>
      on_descriptor('fchmod', fd, 'descriptor_mode', mode_of(mode)),
    fchownSync: (fd, uid, gid) => change_owner('fchown', {},
      on_descriptor('fchown', fd, 'descriptor_status'), uid, gid),
    fdatasyncSync: (fd) =>
      on_descriptor('fdatasync', fd, 'descriptor_sync', false),
    fstatSync,
    fsyncSync: (fd) => on_descriptor('fsync', fd, 'descriptor_sync', true),
    ftruncateSync: resize,
    futimesSync: (fd, atime, mtime) => set_times('futime', fd, atime, mtime),
    lchownSync: (path, uid, gid) => change_owner('lchown',
      { path: text_of_path(path) }, on_path('lchown', path, 'file_status'),
      uid, gid),
    linkSync: (from, to) =>
      on_pair('link', from, to, ['existingPath', 'newPath'], 'file_link'),
    lstatSync,
    lutimesSync: utimes('lutime'),
    mkdtempSync, openSync, opendirSync, readSync, readFileSync,
    readlinkSync(path, options) {
      options_of(options);
      const text = text_of_path(path, 'oldPath');
      on_path('readlink', text, 'file_status');
      throw fault('EINVAL', 'readlink', { path: text });
    },
    readvSync, realpathSync,
    renameSync: (from, to) =>
      on_pair('rename', from, to, ['oldPath', 'newPath'], 'file_rename'),
    statSync,
    statfsSync() {
      throw unavailable('statfs');
    },
    /* A link could lead out of the folder, so none is made. */
    symlinkSync(target, path) {
      const place = { path: text_of_path(target, 'target'),
        dest: text_of_path(path) };
      throw fault('EPERM', 'symlink', place, 'operation not permitted ' +
        '(a task has no symbolic links)');
    },
    truncateSync,
    unlinkSync: (path) => on_path('unlink', path, 'file_remove'),
    utimesSync: utimes('utime'),
    writeSync,
    writeFileSync: (path, data, options) =>
      write_file(path, data, options, 'w'),
    writevSync,
  };

  return { sync, list, encoded, on_path };
})
