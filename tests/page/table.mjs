/**
 * The screens: the pattern of web/routes.js, the name of the pictures, and
 * where one is found with what a network has.
 *
 * @typedef {{task: string, round: number, creator: string}} Found
 * @type {[string, string, (found: Found) => string][]}
 */
export const SCREENS = [
  ['/', 'node', () => '/'],
  ['/tasks/:task', 'task', ({ task }) => `/tasks/${task}`],
  ['/tasks/:task/rounds', 'rounds', ({ task }) => `/tasks/${task}/rounds`],
  ['/tasks/:task/rounds/:round', 'round',
    ({ task, round }) => `/tasks/${task}/rounds/${round}`],
  ['/tasks/:task/log', 'log', ({ task }) => `/tasks/${task}/log`],
];
