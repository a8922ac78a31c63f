/**
 * Ports for the control ports of this program's nodes.
 *
 * A node without one takes the first that is free from 30019 on, and has it
 * again when it is started again. Of tests that run side by side one would take
 * what the other's node has left for a moment: to a browser the node would have
 * moved, and its sessions would have ended. So each program has a block of
 * ports. It listens on the block's first as long as it runs, so nobody else
 * takes the block (tests/system/pond.py does the same).
 */
import net from 'node:net';

const FIRST = 20000; // below those that the kernel gives
const BLOCKS = 300;
const SIZE = 32;

let block = 0; // its first port; 0: none is taken yet
let next = 1;

/** @param {number} port @returns {Promise<net.Server | undefined>} */
function listen(port) {
  return new Promise((done) => {
    const server = net.createServer();
    server.once('error', () => done(undefined));
    server.listen(port, '127.0.0.1', () => done(server));
  });
}

async function takeBlock() {
  for (let number = 0; number < BLOCKS; number++) {
    const port = FIRST + (process.pid + number) % BLOCKS * SIZE;
    const server = await listen(port);
    if (!server)
      continue;
    server.unref(); // it keeps no program running
    block = port;
    return;
  }
  throw new Error('no block of ports is free');
}

/** The next port of the block: one that was given comes last. */
export async function takeControlPort() {
  if (!block)
    await takeBlock();
  for (let tried = 1; tried < SIZE; tried++) {
    const port = block + next;
    next = next % (SIZE - 1) + 1;
    const server = await listen(port);
    if (!server)
      continue;
    await new Promise((done) => server.close(done));
    return port;
  }
  throw new Error(`no port from ${block} on is free`);
}
