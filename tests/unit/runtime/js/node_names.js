/*
 * Prints the names that this Node's modules export, a line a module: the
 * module, then each name with its type. test_platform.c compares them with the
 * worker's. node_names.txt is the output of Node 20.
 *
 *     node node_names.js > node_names.txt
 */
'use strict';

process.removeAllListeners('warning');
process.on('warning', () => {});

const own_to_functions = new Set(['length', 'name', 'prototype', 'arguments',
  'caller']);

for (const name of [...require('module').builtinModules, 'node:sea',
  'node:test', 'node:test/reporters']) {
  /* The first underscore says that a name is Node's own affair. */
  if (name.startsWith('_'))
    continue;
  const exports = require(name);
  const names = Reflect.ownKeys(exports).filter((key) =>
    typeof key === 'string' && !key.startsWith('_') && key !== 'default' &&
    !(typeof exports === 'function' && own_to_functions.has(key)));
  console.log([name, ...names.sort().map((key) =>
    `${key}:${typeof exports[key]}`)].join(' '));
}
