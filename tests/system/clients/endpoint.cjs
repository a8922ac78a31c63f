// A validator of its own for one test, or a network of several: started in a new
// folder on free ports, stopped at the end. And the few lines of TAP that the
// tests print.
'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

// web3.js uses a blockhash for up to 30 s before it asks for another; 150 slots
// must last longer than that.
const SLOT_MS = 250;

// POND_VALIDATORS=N in the environment: the last of N validators that agree.
async function startEndpoint(pond, slotMs = SLOT_MS) {
  const count = Number(process.env.POND_VALIDATORS ?? 1);
  if (count === 1)
    return start(pond, ['validator', '--development', '--slot-ms',
      String(slotMs)]);
  const network = await startNetwork(pond, count, slotMs);
  return { ...network, ...network.validators.at(-1) };
}

// The first of several; validators: [{ rpc, ws, dir, pid, identity }].
const startNetwork = (pond, validators, slotMs = SLOT_MS) => start(pond,
  ['up', '--nodes', '0', '--validators', String(validators), '--slot-ms',
    String(slotMs)]);

async function start(pond, command) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pond-clients-'));
  const child = spawn(pond, [...command, '--dir', folder, '--rpc-port', '0',
    '--json'], { stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, POND_LOG: 'warn' } });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  for await (const line of readline.createInterface({ input: child.stdout })) {
    const ready = JSON.parse(line);
    if (!ready.rpc) throw new Error(line);
    return {
      ...ready,
      folder,
      async stop() {
        child.kill('SIGINT');
        const code = await ended;
        fs.rmSync(folder, { recursive: true, force: true });
        return code;
      },
    };
  }
  throw new Error('it ended before it was ready');
}

async function runTests(tests, context) {
  let failed = 0;
  console.log(`1..${tests.length}`);
  for (const [index, test] of tests.entries()) {
    const name = test.name.replaceAll('_', ' ');
    try {
      await test(context);
      console.log(`ok ${index + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${index + 1} - ${name}`);
      for (const line of String(error.stack).split('\n')) console.log(`# ${line}`);
    }
  }
  return failed;
}

module.exports = { startEndpoint, startNetwork, runTests };
