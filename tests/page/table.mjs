/**
 * The screens: the pattern of web/routes.js, the name of the pictures, and
 * where one is found with what a network has.
 *
 * @typedef {{task: string, round: number, cid: string, slot: number,
 *            signature: string, key: string}} Found
 * @type {[string, string, (found: Found) => string][]}
 */
export const SCREENS = [
  ['/', 'node', () => '/'],
  ['/tasks/:task', 'task', ({ task }) => `/tasks/${task}`],
  ['/tasks/:task/rounds', 'rounds', ({ task }) => `/tasks/${task}/rounds`],
  ['/tasks/:task/rounds/:round', 'round',
    ({ task, round }) => `/tasks/${task}/rounds/${round}`],
  ['/tasks/:task/log', 'log', ({ task }) => `/tasks/${task}/log`],
  ['/tasks/:task/evidence', 'evidence', ({ task }) => `/tasks/${task}/evidence`],
  ['/tasks/:task/settings', 'task-settings', ({ task }) => `/tasks/${task}/settings`],
  ['/tasks/:task/evidence/:cid', 'evidence-one',
    ({ task, cid }) => `/tasks/${task}/evidence/${cid}`],
  ['/add', 'add', () => '/add'],
  ['/add/:task', 'add-one', ({ task }) => `/add/${task}`],
  ['/create', 'create', () => '/create'],
  ['/create/new', 'create-new', () => '/create/new'],
  ['/create/:task', 'mine', ({ task }) => `/create/${task}`],
  ['/money', 'money', () => '/money'],
  ['/money/book', 'book', () => '/money/book'],
  ['/money/send', 'send', () => '/money/send'],
  ['/money/receive', 'receive', () => '/money/receive'],
  ['/attention', 'attention', () => '/attention'],
  ['/settings', 'settings', () => '/settings'],
  ['/settings/node', 'settings-node', () => '/settings/node'],
  ['/settings/browsers', 'settings-browsers', () => '/settings/browsers'],
  ['/settings/network', 'settings-network', () => '/settings/network'],
  ['/settings/reach', 'settings-reach', () => '/settings/reach'],
  ['/settings/storage', 'settings-storage', () => '/settings/storage'],
  ['/settings/notify', 'settings-notify', () => '/settings/notify'],
  ['/settings/limits', 'settings-limits', () => '/settings/limits'],
  ['/settings/variables', 'settings-variables', () => '/settings/variables'],
  ['/settings/schedules', 'settings-schedules', () => '/settings/schedules'],
  ['/settings/wallets', 'settings-wallets', () => '/settings/wallets'],
  ['/settings/look', 'settings-look', () => '/settings/look'],
  ['/settings/doctor', 'settings-doctor', () => '/settings/doctor'],
  ['/log', 'node-log', () => '/log'],
];

/**
 * The same of the explorer, which a node's page has and a validator's.
 *
 * @type {[string, string, (found: Found) => string][]}
 */
export const EXPLORER_SCREENS = [
  ['/explorer', 'explorer', () => '/explorer'],
  ['/explorer/blocks', 'explorer-blocks', () => '/explorer/blocks'],
  ['/explorer/block/:slot', 'explorer-block',
    ({ slot }) => `/explorer/block/${slot}`],
  ['/explorer/tx/:signature', 'explorer-transaction',
    ({ signature }) => `/explorer/tx/${signature}`],
  ['/explorer/account/:key', 'explorer-account',
    ({ key }) => `/explorer/account/${key}`],
  ['/explorer/tasks', 'explorer-tasks', () => '/explorer/tasks'],
  ['/explorer/task/:task', 'explorer-task',
    ({ task }) => `/explorer/task/${task}`],
  ['/explorer/task/:task/round/:round', 'explorer-round',
    ({ task, round }) => `/explorer/task/${task}/round/${round}`],
  ['/explorer/validators', 'explorer-validators', () => '/explorer/validators'],
  ['/explorer/cid/:cid', 'explorer-content',
    ({ cid }) => `/explorer/cid/${cid}`],
  ['/explorer/search/:text', 'explorer-search', () => '/explorer/search/weath'],
];
