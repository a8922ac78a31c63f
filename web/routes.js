/**
 * The screens, by their paths: a screen is a file and a line here. place is the
 * entry of the bar that it belongs to; an entry without a screen is not shown.
 *
 * The page has two doors (src/page/page_assets.h): the operator's, and the
 * explorer's on a validator, which has its screens alone.
 */
export const DOOR = document.documentElement.dataset.door;

// Screens are loaded in a few files: many small ones would weigh a tenth more,
// for each is compressed by itself.
const nodeScreens = () => import('./screens/node.js');
const workScreens = () => import('./screens/work.js');
const manageScreens = () => import('./screens/manage.js');

/**
 * @param {() => Promise<Record<string, any>>} area
 * @param {string} name
 * @returns {() => Promise<{default: any}>}
 */
function one(area, name) {
  return () => area().then((screens) => ({ default: screens[name] }));
}

const NODE = [
  { pattern: '/', place: 'node', load: one(nodeScreens, 'Node') },
  { pattern: '/tasks/:task', place: 'node', load: one(workScreens, 'Task') },
  { pattern: '/tasks/:task/rounds', place: 'node',
    load: one(workScreens, 'TaskRounds') },
  { pattern: '/tasks/:task/rounds/:round', place: 'node',
    load: one(workScreens, 'Round') },
  { pattern: '/tasks/:task/log', place: 'node', load: one(workScreens, 'Log') },
  { pattern: '/tasks/:task/evidence', place: 'node',
    load: one(workScreens, 'Evidence') },
  { pattern: '/tasks/:task/evidence/:cid', place: 'node',
    load: one(workScreens, 'EvidenceLook') },
  { pattern: '/log', place: 'settings',
    load: one(workScreens, 'NodeLog') },
  { pattern: '/tasks/:task/settings', place: 'node',
    load: one(manageScreens, 'TaskSettings') },
  { pattern: '/setup', place: 'setup', load: one(workScreens, 'Setup') },
  { pattern: '/setup/:step', place: 'setup', load: one(workScreens, 'Setup') },
  { pattern: '/add', place: 'add', load: one(workScreens, 'Add') },
  { pattern: '/add/:task', place: 'add', load: one(workScreens, 'AddTask') },
  { pattern: '/create', place: 'create', load: one(manageScreens, 'Create') },
  { pattern: '/create/new', place: 'create',
    load: one(manageScreens, 'CreateNew') },
  { pattern: '/create/:task', place: 'create',
    load: one(manageScreens, 'Mine') },
  { pattern: '/money', place: 'money', load: one(manageScreens, 'Money') },
  { pattern: '/money/book', place: 'money',
    load: one(manageScreens, 'MoneyBook') },
  { pattern: '/money/send', place: 'money', load: one(manageScreens, 'Send') },
  { pattern: '/money/receive', place: 'money',
    load: one(manageScreens, 'Receive') },
  { pattern: '/attention', place: 'attention',
    load: one(nodeScreens, 'Attention') },
  // Sections have their own table (screens/settings/sections.js).
  { pattern: '/settings', place: 'settings',
    load: one(manageScreens, 'Settings') },
  { pattern: '/settings/:section', place: 'settings',
    load: one(manageScreens, 'Settings') },
];

/** @param {keyof import('./explorer/screens.js')} name */
const explorer = (name) => one(() => import('./explorer/screens.js'), name);

/** @type {{pattern: string, place: string,
 *          load: () => Promise<{default: any}>}[]} */
const EXPLORER = [
  { pattern: '/explorer', place: 'explorer', load: explorer('Home') },
  { pattern: '/explorer/blocks', place: 'explorer', load: explorer('Blocks') },
  { pattern: '/explorer/block/:slot', place: 'explorer', load: explorer('Block') },
  { pattern: '/explorer/tx/:signature', place: 'explorer', load: explorer('Transaction') },
  { pattern: '/explorer/account/:key', place: 'explorer', load: explorer('Account') },
  { pattern: '/explorer/tasks', place: 'explorer', load: explorer('Tasks') },
  { pattern: '/explorer/task/:task', place: 'explorer', load: explorer('Task') },
  { pattern: '/explorer/task/:task/round/:round', place: 'explorer', load: explorer('Round') },
  { pattern: '/explorer/validators', place: 'explorer', load: explorer('Validators') },
  { pattern: '/explorer/cid/:cid', place: 'explorer', load: explorer('Content') },
  { pattern: '/explorer/search/:text', place: 'explorer', load: explorer('Search') },
];

export const ROUTES = DOOR === 'chain'
  ? [{ ...EXPLORER[0], pattern: '/' }, ...EXPLORER]
  : [...NODE, ...EXPLORER];

/** Where the name in the bar leads. */
export const HOME = DOOR === 'chain' ? '/explorer' : '/';

/**
 * Entries of the bar, in their order.
 *
 * @type {{place: string, path: string,
 *         icon: import('./parts/Icon.jsx').IconName}[]}
 */
const ALL_PLACES = [
  { place: 'node', path: '/', icon: 'node' },
  { place: 'add', path: '/add', icon: 'add' },
  { place: 'money', path: '/money', icon: 'money' },
  { place: 'create', path: '/create', icon: 'create' },
  { place: 'explorer', path: '/explorer', icon: 'explore' },
];
export const PLACES = ALL_PLACES.filter(({ place }) => hasPlace(place));

/** @param {string} place */
export function hasPlace(place) {
  return ROUTES.some((route) => route.place === place);
}
