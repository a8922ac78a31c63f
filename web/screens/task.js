/** The screens of one task, and of the node's log, which are loaded together (routes.js). */
export { default as Task } from './Task.jsx';
export { default as TaskRounds } from './TaskRounds.jsx';
export { default as Round } from './Round.jsx';
export { default as NodeLog } from './NodeLog.jsx';
export { default as Log } from './Log.jsx';
export { default as Evidence } from './Evidence.jsx';
export { default as EvidenceLook } from './EvidenceLook.jsx';
