/*
 * @_koii/task-manager/extensions: containers (Orca). A task can load the
 * module. Its use is an error that says why.
 */
'use strict';

(function () {
  const refuse = (name) => async () => {
    throw new Error(`${name}() is not supported: this node runs no ` +
      'containers (Orca)');
  };

  return { __esModule: true,
    getOrcaClient: refuse('getOrcaClient'),
    initializeOrcaClient: refuse('initializeOrcaClient') };
})
