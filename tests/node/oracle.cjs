/*
 * What Node itself gives for a file of cases, as a JSON list of lines.
 *
 *     node oracle.cjs NAME
 */
'use strict';

const path = require('path');
const { make } = require('./cases.js');

process.removeAllListeners('warning');
process.on('warning', () => {});

async function main(name) {
  const { lines, run } = make();
  await require(path.join(__dirname, `${name}.js`))(run);
  process.stdout.write(JSON.stringify(lines));
}

main(process.argv[2]);
