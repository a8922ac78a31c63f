/**
 * What nodes have answered, for serve.mjs: a state a name.
 */
const NOW = Date.now();
const MINUTE = 60000;
const SLOT = 402118;

const TASKS = [
  { task: 'DfXX9cRbwP9nZ5eGgCsMW3mN3tq1yMv3bYxn2fYk6pQ2', name: 'Temperature archive',
    state: 'running', reason: null, since: NOW - 3 * 24 * 60 * MINUTE, round: 58,
    round_time: 90, submission_window: 30, audit_window: 30, offset: 33,
    next: { kind: 'audit', round: 57, from: 402115, until: 402130 },
    claimable: '3333333330', stake: '2000000000', token: null,
    worker: { pid: 4711, resident_bytes: 96468992, restarts: 0, cpu_percent: 3 } },
  { task: '8Kr2mZ1y3QmS7bGvWn4cVtJYpDqfHq4r6YJb9sLxA1uT', name: 'Price of bread',
    state: 'backing-off', reason: 'crashed', since: NOW - 4 * MINUTE, round: 12,
    round_time: 600, submission_window: 200, audit_window: 200, offset: 450,
    next: { kind: 'submit', round: 11, from: 402300, until: 402500 },
    next_try: NOW + 16000, worker: { pid: 0, resident_bytes: 0, restarts: 3 },
    error: 'TypeError: Cannot read properties of undefined (reading "price")',
    claimable: '0', stake: '1900000000', token: null },
  { task: 'Fq7pTz5o2LwR6cHsXa9dEvKUnBmgJt8k3ZVy1rNwC4hS', name: 'Maps of <b>rivers</b> \u202e',
    state: 'stopped', reason: 'asked', status: 'COOLING_DOWN', stopped: NOW - 40 * MINUTE,
    since: NOW - 40 * MINUTE, unlock_round: 62, unlock_slot: 402900,
    claimable: '660000000', stake: '5000000000', token: null },
];

const NODE = {
  slot: SLOT, slot_ms: 400, connected: true, state: 'running', name: 'attic',
  network: 'private', can: ['seal', 'kpl', 'faucet'],
  main: '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin',
  staking: 'Vote111111111111111111111111111111111111111',
  kpl_staking: 'Stake11111111111111111111111111111111111111',
  public_url: 'http://192.0.2.7:30017', store: 73400320, pending: 0,
  cpu: 0.04, memory: 52428800,
  sentence: { kind: 'red', working: 1, tasks: 3, need: 1 },
  figures: { wallet: '97990000000', staking_balance: '1590000',
    kpl_staking_balance: '0', claimable: '3993333330', claiming: '0',
    staked: '8900000000', cooling: '5000000000', earned_today: '1980000000',
    earned_yesterday: '-340000000' },
};

const ATTENTION = {
  a12: { kind: 'slashed', level: 'red', at: NOW - 50 * MINUTE, amount: '1400000000',
    task: TASKS[1].task, round: 9 },
  a13: { kind: 'restarting', level: 'amber', at: NOW - 4 * MINUTE, n: 3,
    task: TASKS[1].task, reason: 'crashed',
    text: 'TypeError: price is not a number' },
  a16: { kind: 'accused', level: 'red', at: NOW - MINUTE, n: 2, round: 11,
    until: NOW + 3 * MINUTE, task: TASKS[0].task },
  a14: { kind: 'claimable', level: 'info', at: NOW - 2 * MINUTE, amount: '3993333330' },
  a15: { kind: 'said', level: 'info', at: NOW - MINUTE, task: TASKS[0].task,
    text: 'The sensor in the cellar does not answer.' },
};

function byTask(tasks) {
  return Object.fromEntries(tasks.map((task) => [task.task, task]));
}

function stateOf(node, tasks, attention) {
  return {
    answers: { node, tasks: { items: tasks, next: null } },
    topics: { node, tasks: byTask(tasks), attention,
      ...Object.fromEntries(tasks.map((task) => [`task/${task.task}`, task])) },
    orders: { sessions: { key: 'development', instance: 'k3m9qz' },
      proofs: { proof: 'development', expires: NOW + MINUTE } },
  };
}

/** Fifty, with keys of their own. */
const MANY = Array.from({ length: 50 }, (_, at) => ({ ...TASKS[at % TASKS.length],
  task: `${'ABCDEFGHJK'[at % 10]}${'12345'[at % 5]}${TASKS[0].task.slice(2)}`
    .replace('cRb', `c${'pqrstuvwxy'[Math.floor(at / 5)]}b`) }));

export const STATES = {
  busy: stateOf(NODE, TASKS, ATTENTION),
  well: stateOf({ ...NODE, network: 'mainnet' }, [TASKS[0]], {}),
  empty: stateOf({ ...NODE, figures: { ...NODE.figures, claimable: '0',
    staked: '0', cooling: '0', earned_today: '0', earned_yesterday: '0' } }, [], {}),
  locked: stateOf({ ...NODE, state: 'locked', can: [] }, TASKS.slice(0, 1),
    { a1: { kind: 'locked', level: 'red', at: NOW - 9 * MINUTE } }),
  many: stateOf(NODE, MANY, ATTENTION),
  silent: { answers: {}, topics: {}, orders: {} },
};
