/* abort-controller/polyfill: the globals are there. */
'use strict';

module.exports = {};
