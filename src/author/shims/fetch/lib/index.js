/* node-fetch/lib/index.js, a name that packages use. */
'use strict';

module.exports = require('../index.js');
