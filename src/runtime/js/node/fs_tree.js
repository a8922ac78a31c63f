/*
 * node:fs's functions for whole trees of folders.
 */
'use strict';

(function ({ load }) {
  const { system_error, fault, text_of_path, options_of, mode_of } =
    load('node/fs_arguments');
  const { sync, list, encoded, on_path } = load('node/fs_sync');
  const { check_boolean, check_function, check_integer, arg_type, arg_value } =
    load('node/errors');
  const path_module = load('node/path');

  /* Deeper trees come from loops of a task's own making, and would end the
   * engine's stack. */
  const depth_max = 500;

  function check_depth(depth, syscall, path) {
    if (depth > depth_max)
      throw fault('ELOOP', syscall, { path }, 'too many folders in each other');
  }

  /* All entries below the path: a folder's whole before those of the next. */
  function list_all(path) {
    const all = [];
    const folders = [path];
    for (let at = 0; at < folders.length; at++) {
      check_depth(folders[at].split('/').length - path.split('/').length,
        'scandir', path);
      for (const entry of list(folders[at])) {
        all.push(entry);
        if (entry.isDirectory())
          folders.push(path_module.join(folders[at], entry.name));
      }
    }
    return all;
  }

  function readdirSync(path, options) {
    const { recursive, withFileTypes } = options_of(options);
    if (recursive !== undefined && recursive !== null)
      check_boolean(recursive, 'options.recursive');
    const text = text_of_path(path);
    const entries = recursive ? list_all(text) : list(text);
    if (withFileTypes)
      return entries;
    return entries.map((entry) => encoded(recursive
      ? path_module.relative(text, path_module.join(entry.path, entry.name))
      : entry.name, options));
  }

  /* Make a folder and those above it. Returns the first that was made, or
   * undefined if all existed. */
  function make_all(path, place = { path }) {
    const found = sync.existsSync(path) ? sync.statSync(path) : null;
    if (found?.isDirectory())
      return undefined;
    if (found)
      throw fault('EEXIST', 'mkdir', place);
    const above = path_module.dirname(path);
    if (above !== path && !sync.existsSync(above)) {
      const first = make_all(above, place);
      on_path('mkdir', path, 'folder_make');
      return first;
    }
    if (above !== path && !sync.statSync(above).isDirectory())
      throw fault('ENOTDIR', 'mkdir', place);
    on_path('mkdir', path, 'folder_make');
    return path;
  }

  function mkdirSync(path, options) {
    let mode;
    let recursive = false;
    if (typeof options === 'number' || typeof options === 'string')
      mode = mode_of(options);
    else if (options) {
      ({ recursive = false } = options);
      if (options.mode !== undefined)
        mode = mode_of(options.mode, 'options.mode');
    }
    const text = text_of_path(path);
    check_boolean(recursive, 'options.recursive');
    if (recursive) {
      if (text === '')
        throw fault('ENOENT', 'mkdir', { path: text });
      const first = make_all(path_module.normalize(text)
        .replace(/(?<=.)\/+$/, ''), { path: text });
      if (first !== undefined && mode !== undefined)
        sync.chmodSync(text, mode);
      return first;
    }
    on_path('mkdir', text, 'folder_make');
    if (mode !== undefined)
      sync.chmodSync(text, mode);
    return undefined;
  }

  function remove_all(path, depth = 0) {
    check_depth(depth, 'rm', path);
    for (const entry of list(path)) {
      const whole = path_module.join(path, entry.name);
      if (entry.isDirectory())
        remove_all(whole, depth + 1);
      else
        on_path('unlink', whole, 'file_remove');
    }
    on_path('rmdir', path, 'folder_remove');
  }

  function removal_options(options = {}) {
    if (options === null || typeof options !== 'object')
      throw arg_type('options', 'of type object', options);
    /* As in Node, undefined is no boolean here. */
    const { recursive, force, maxRetries, retryDelay } = { recursive: false,
      force: false, maxRetries: 0, retryDelay: 100, ...options };
    check_boolean(force, 'options.force');
    check_boolean(recursive, 'options.recursive');
    check_integer(retryDelay, 'options.retryDelay', 0, 0x7fffffff);
    check_integer(maxRetries, 'options.maxRetries', 0, 0xffffffff);
    return { recursive, force };
  }

  function rmSync(path, options) {
    const text = text_of_path(path);
    const { recursive, force } = removal_options(options);
    const found = sync.lstatSync(text, { throwIfNoEntry: !force });
    if (!found)
      return;
    if (!found.isDirectory())
      on_path('rm', text, 'file_remove');
    else if (recursive)
      remove_all(text);
    else
      throw system_error('ERR_FS_EISDIR', 'Path is a directory',
        { code: 'EISDIR', message: 'is a directory', path: text,
          syscall: 'rm', errno: 21 });
  }

  function rmdirSync(path, options) {
    const text = text_of_path(path);
    if (options !== undefined && removal_options(options).recursive) {
      if (!sync.lstatSync(text).isDirectory())
        throw fault('ENOTDIR', 'rmdir', { path: text });
      remove_all(text);
      return;
    }
    on_path('rmdir', text, 'folder_remove');
  }

  /* ---- copies ---- */

  function copy_error(own_code, text, code, errno, message, path) {
    return system_error(own_code, text,
      { code, errno, message, path, syscall: 'cp' });
  }

  function copy_options(options) {
    if (options !== undefined && (options === null ||
      typeof options !== 'object'))
      throw arg_type('options', 'of type object', options);
    const all = { dereference: false, errorOnExist: false, filter: undefined,
      force: true, preserveTimestamps: false, recursive: false,
      verbatimSymlinks: false, mode: 0, ...options };
    for (const name of ['dereference', 'errorOnExist', 'force',
      'preserveTimestamps', 'recursive', 'verbatimSymlinks'])
      check_boolean(all[name], `options.${name}`);
    check_integer(all.mode, 'options.mode', 0, 7);
    if (all.dereference && all.verbatimSymlinks)
      throw load('node/errors').make(TypeError,
        'ERR_INCOMPATIBLE_OPTION_PAIR', 'Option "dereference" cannot be ' +
        'used in combination with option "verbatimSymlinks"');
    if (all.filter !== undefined)
      check_function(all.filter, 'options.filter');
    return all;
  }

  /* What Node refuses before it copies. Returns what is at the source. */
  function check_copy(from, to, options) {
    const source = sync.lstatSync(from);
    const target = sync.lstatSync(to, { throwIfNoEntry: false });
    if (target && source.ino === target.ino && source.dev === target.dev)
      throw copy_error('ERR_FS_CP_EINVAL', 'Invalid src or dest', 'EINVAL', 22,
        'src and dest cannot be the same', to);
    if (source.isDirectory() && target && !target.isDirectory())
      throw copy_error('ERR_FS_CP_DIR_TO_NON_DIR',
        'Cannot overwrite non-directory with directory', 'EISDIR', 21,
        `cannot overwrite non-directory ${to} with directory ${from}`, to);
    if (!source.isDirectory() && target?.isDirectory())
      throw copy_error('ERR_FS_CP_NON_DIR_TO_DIR',
        'Cannot overwrite directory with non-directory', 'ENOTDIR', 20,
        `cannot overwrite directory ${to} with non-directory ${from}`, to);
    const whole = (path) => path_module.resolve(path);
    if (source.isDirectory() && whole(to).startsWith(`${whole(from)}/`))
      throw copy_error('ERR_FS_CP_EINVAL', 'Invalid src or dest', 'EINVAL', 22,
        `cannot copy ${from} to a subdirectory of self ${to}`, to);
    if (source.isDirectory() && !options.recursive)
      throw copy_error('ERR_FS_EISDIR', 'Path is a directory', 'EISDIR', 22,
        `${from} is a directory (not copied)`, from);
    return source;
  }

  function copy_file(from, to, source, options) {
    if (sync.existsSync(to)) {
      if (!options.force && options.errorOnExist)
        throw copy_error('ERR_FS_CP_EEXIST', 'Target already exists', 'EEXIST',
          17, `${to} already exists`, to);
      if (!options.force)
        return;
      sync.unlinkSync(to);
    }
    sync.copyFileSync(from, to, options.mode);
    if (options.preserveTimestamps)
      sync.utimesSync(to, source.atime, source.mtime);
  }

  /* filter's answer may be a promise in the asynchronous forms. */
  function* copy_steps(from, to, options, depth = 0) {
    check_depth(depth, 'cp', from);
    if (options.filter && !(yield options.filter(from, to)))
      return;
    const source = check_copy(from, to, options);
    if (source.isSymbolicLink())
      throw fault('EPERM', 'symlink', { path: from, dest: to },
        'operation not permitted (a task has no symbolic links)');
    if (!source.isDirectory()) {
      make_all(path_module.dirname(path_module.resolve(to)));
      copy_file(from, to, source, options);
      return;
    }
    if (!sync.existsSync(to))
      make_all(path_module.resolve(to));
    for (const { name } of list(from))
      yield* copy_steps(path_module.join(from, name),
        path_module.join(to, name), options, depth + 1);
  }

  function begin_copy(from, to, options) {
    const own = copy_options(options);
    return copy_steps(text_of_path(from, 'src'), text_of_path(to, 'dest'),
      own);
  }

  function cpSync(from, to, options) {
    const steps = begin_copy(from, to, options);
    for (let step = steps.next(); !step.done;) {
      if (typeof step.value?.then === 'function')
        throw arg_value('options.filter', options.filter,
          'must not give a promise');
      step = steps.next(step.value);
    }
  }

  async function copy(from, to, options) {
    const steps = begin_copy(from, to, options);
    for (let step = steps.next(); !step.done;)
      step = steps.next(await step.value);
  }

  return { list_all, copy,
    sync: { cpSync, mkdirSync, readdirSync, rmSync, rmdirSync } };
})
