/* isomorphic-fetch and others put fetch among the globals. It is there. */
'use strict';

module.exports = require('./index.js');
