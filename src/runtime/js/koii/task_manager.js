/*
 * @_koii/task-manager
 */
'use strict';

(function (library) {
  const names = ['setup', 'task', 'submission', 'audit', 'distribution',
    'routes'];

  function initializeTaskManager(functions) {
    if (library.functions)
      throw new Error('initializeTaskManager() was called before');
    library.functions = {};
    for (const name of names)
      if (typeof functions?.[name] === 'function')
        library.functions[name] = functions[name];
    library.load('koii/calls').initialised();
  }

  return { __esModule: true, initializeTaskManager,
    default: { initializeTaskManager } };
})
