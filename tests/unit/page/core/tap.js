/* Tests as lines of TAP; a failure says where. */
import assert from 'node:assert/strict';

const tests = [];

/** @param {string} name @param {() => any} run */
export function test(name, run) {
  tests.push({ name, run });
}

export async function runTests() {
  console.log(`1..${tests.length}`);
  let failed = 0;
  for (const [at, { name, run }] of tests.entries()) {
    try {
      await run();
      console.log(`ok ${at + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(String(error.stack).replace(/^/gm, '# '));
      console.log(`not ok ${at + 1} - ${name}`);
    }
  }
  process.exit(failed ? 1 : 0);
}

export { assert };
