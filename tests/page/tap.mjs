/**
 * Tests that print TAP: a test is named for what it shows.
 *
 *     test('a lost node is said and comes back', async () => { … });
 *     await run();
 *
 * What a test opened is given to later(), and is closed in reverse order when
 * all are over. A test that needs what this machine lacks throws a Skip.
 */
/** @type {{name: string, body: () => Promise<unknown>}[]} */
const tests = [];
/** @type {(() => unknown)[]} */
const closing = [];

/** What this machine lacks. */
export class Skip extends Error {}

/**
 * @param {string} name
 * @param {() => Promise<unknown>} body
 */
export function test(name, body) {
  tests.push({ name, body });
}

/** @param {() => unknown} close */
export function later(close) {
  closing.push(close);
}

/** Run those whose name has the text of POND_CASE, or all; ends the process. */
export async function run() {
  for (const name of ['SIGTERM', 'SIGINT'])
    process.once(name, () => closeAll().then(() => process.exit(1)));
  process.once('uncaughtException', (error) => { // in a listener
    console.log(String(error.stack).replace(/^/gm, '# '));
    closeAll().then(() => process.exit(1));
  });
  const chosen = tests.filter(({ name }) =>
    name.includes(process.env.POND_CASE ?? ''));
  console.log(`1..${chosen.length}`);
  let failed = 0;
  for (const [at, { name, body }] of chosen.entries()) {
    const began = Date.now();
    try {
      await body();
      console.log(`ok ${at + 1} - ${name}`);
    } catch (error) {
      if (error instanceof Skip) {
        console.log(`ok ${at + 1} - ${name} # SKIP ${error.message}`);
      } else {
        failed++;
        console.log(String(error?.stack ?? error).replace(/^/gm, '# '));
        console.log(`not ok ${at + 1} - ${name}`);
      }
    }
    console.log(`# ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
  await closeAll();
  process.exit(failed ? 1 : 0);
}

/** End all that was given to later(). */
export async function closeAll() {
  for (const close of closing.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      console.log(`# closing: ${error}`);
    }
  }
}

/**
 * Ask again until it gives something.
 *
 * @template T
 * @param {string} what for the message
 * @param {() => T | Promise<T>} look
 * @returns {Promise<NonNullable<T>>}
 */
export async function wait(what, look, seconds = 90) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found)
      return found;
    if (Date.now() > end)
      throw new Error(`${what} did not come in ${seconds} s`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
