/*
 * node:fs/promises in the task's folder. Relative paths begin there, absolute
 * ones must lead there. C makes each call below the folder's descriptor.
 */
'use strict';

(function ({ load }) {
  const sync = load('node/fs');
  const names = ['readFile', 'writeFile', 'appendFile', 'readdir', 'mkdir',
    'rm', 'rmdir', 'unlink', 'rename', 'stat', 'lstat', 'access', 'copyFile'];
  const promises = {};
  for (const name of names)
    promises[name] = async (...values) => sync[name + 'Sync'](...values);
  promises.constants = sync.constants;
  promises.default = promises;
  return promises;
})
