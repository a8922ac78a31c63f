/*
 * Where Node 20 leaves the standards: for each file of cases, parts of the
 * assertions' names and what decides against Node.
 */
'use strict';

module.exports = {
};
