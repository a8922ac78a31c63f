/* abort-controller: the globals. */
'use strict';

module.exports = Object.assign(AbortController, {
  AbortController, AbortSignal, default: AbortController,
});
