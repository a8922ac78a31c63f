/** The screens of adding a task, which are loaded together (routes.js). */
import '../common.js';
export { default as Add } from './Add.jsx';
export { default as AddTask } from './AddTask.jsx';
