/*
 * @_koii/task-manager
 */
'use strict';

(function (library) {
  const { load } = library;
  const names = ['setup', 'task', 'submission', 'audit', 'distribution',
    'routes'];

  /* As in Koii, a task has all of them. Only of routes Koii's first task
   * managers knew nothing, and tasks of that time do not name it. */
  function initializeTaskManager(functions) {
    if (library.functions)
      throw new Error('initializeTaskManager() was called before');
    const is_there = (name) => typeof functions?.[name] === 'function' ||
      (name === 'routes' && functions?.routes === undefined);
    const missing = names.filter((name) => !is_there(name));
    if (missing.length)
      throw new TypeError('initializeTaskManager() takes the functions ' +
        `${names.join(', ')}: ${missing.join(', ')} ` +
        `${missing.length > 1 ? 'are' : 'is'} missing`);
    library.functions = {};
    for (const name of names)
      if (functions[name])
        library.functions[name] = functions[name];
    load('koii/calls').initialised();
  }

  const own_affair = (name) => async () => {
    library.native.log('warn', `taskRunner.${name}() does nothing: the node ` +
      'submits, audits, distributes and claims by itself, when it is due');
  };

  /* Koii's task manager calls these in each round. Here the node does. */
  const taskRunner = {};
  for (const name of ['submitTask', 'auditTask', 'auditDistribution',
    'submitDistributionList', 'selectAndGenerateDistributionList'])
    taskRunner[name] = own_affair(name);
  for (const name of names)
    Object.defineProperty(taskRunner, name, { enumerable: true,
      get: () => library.functions?.[name],
      set(value) {
        library.functions ??= {};
        library.functions[name] = value;
      } });

  const exported = { initializeTaskManager, taskRunner,
    getTaskManager: () => taskRunner };

  return { __esModule: true, ...exported, default: exported,
    get namespaceWrapper() {
      return load('koii/namespace_wrapper').namespaceWrapper;
    } };
})
