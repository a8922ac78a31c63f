/*
 * The events of the web: all of them by one name.
 */
'use strict';

(function ({ load }) {
  return { ...load('dom_exception'), ...load('event_target'),
    ...load('event_kinds'), ...load('abort') };
})
