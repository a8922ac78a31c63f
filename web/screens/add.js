/** The screens of adding a task, and of the first run, which shows them
 * (routes.js). */
export { default as Add } from './Add.jsx';
export { default as AddTask } from './AddTask.jsx';
export { default as Setup } from './setup/Setup.jsx';
