/*
 * Writes node_crypto.json: Node's outcomes of the calls in
 * tests/unit/runtime/js/crypto/, one line each.
 *
 *     node node_crypto.mjs > node_crypto.json
 *     node node_crypto.mjs --check     whether the file is what this Node gives
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const parts = ['ciphers', 'hashes', 'keys', 'signatures', 'new_keys',
  'subtle_keys', 'subtle_use'];
const folder = '../unit/runtime/js/crypto/';
const common = require(`${folder}common.js`);

const all = {};
for (const part of parts)
  Object.assign(all,
    await common.run(require(`${folder}${part}.js`)(common)));
const text = '{\n' + Object.entries(all).map(([name, value]) =>
  `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n') + '\n}\n';

function check() {
  const file = new URL('node_crypto.json', import.meta.url);
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  const wrong = Object.keys(all).filter((name) =>
    JSON.stringify(all[name]) !== JSON.stringify(kept[name]));
  for (const name of wrong)
    console.error(`# ${name}: ${JSON.stringify(all[name])}`);
  console.log(`1..1\n${wrong.length ? 'not ok' : 'ok'} 1 - ` +
    `${Object.keys(all).length} outcomes of Node ${process.version}`);
  process.exit(wrong.length ? 1 : 0);
}

const is_check = process.argv.includes('--check');
if (is_check && !process.version.startsWith('v20.'))
  console.log('1..1\nok 1 - node_crypto.json # SKIP the outcomes are of ' +
    `Node 20, this is ${process.version}`);
else if (is_check)
  check();
else
  process.stdout.write(text);
