/*
 * @_koii/namespace-wrapper/dist/types: those types that are values.
 */
'use strict';

(function () {
  const LogLevel = Object.freeze({ Log: 'log', Warn: 'warn', Error: 'error' });

  return { __esModule: true, LogLevel };
})
