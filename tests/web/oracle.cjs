/*
 * The same cases under Node, as a check of the cases: Node holds all of them
 * but for those in node_differences.js, where the standard decides otherwise.
 *
 *     node oracle.cjs [NAME...]
 */
'use strict';

const fs = require('fs');
const path = require('path');
const run = require('./harness.js');
const differences = require('./node_differences.js');

const helpers = new Set(['harness.js', 'node_differences.js']);
const named = process.argv.slice(2).filter((each) => !each.startsWith('/'));
const names = named.length ? named : fs.readdirSync(__dirname).sort()
  .filter((name) => name.endsWith('.js') && !helpers.has(name))
  .map((name) => name.slice(0, -3));

const matches = (part, what) => part instanceof RegExp ? part.test(what)
  : what.includes(part);

/* The listed reason why Node fails an assertion; undefined if there is none.
 */
const reason = (name, what) => (differences[name] ?? [])
  .find(([part]) => matches(part, what))?.[1];

async function check(name) {
  const { held, failed } = await run(require(path.join(__dirname, name)),
    true);
  const wrong = failed.filter(([what]) => reason(name, what) === undefined);
  for (const [what, why] of wrong)
    console.error(`# ${what}: ${why}`);
  /* An entry that stands for nothing may be out of date. It is no failure,
   * because some of what Node does depends on how fast the machine is. */
  const idle = (differences[name] ?? []).filter(([part]) =>
    !failed.some(([what]) => matches(part, what)));
  for (const [part] of idle)
    console.error(`# Node agrees by now: ${part}`);
  const is_right = !wrong.length;
  console.log(`${is_right ? 'ok' : 'not ok'} - ${name}: Node holds ${held}, ` +
    `differs in ${failed.length}`);
  return is_right;
}

async function main() {
  /* The list of differences is of that one. */
  if (!/^v20\./.test(process.version)) {
    console.log(`1..1\nok 1 - web/oracle # SKIP this is Node ` +
      `${process.version}, not 20`);
    return;
  }
  /* Some timers of the web do not keep Node alive. */
  setInterval(() => {}, 1000);
  console.log(`1..${names.length}`);
  let all_right = true;
  for (const name of names)
    all_right = await check(name) && all_right;
  process.exit(all_right ? 0 : 1);
}

main();
