/** The explorer's screens, in one file of the bundle: who opens one goes on to
 * others, and they share most of what they are made of. */
import '../common.js';
export { default as Account } from './Account.jsx';
export { default as Block } from './Block.jsx';
export { default as Blocks } from './Blocks.jsx';
export { default as Content } from './Content.jsx';
export { default as Home } from './Home.jsx';
export { default as Round } from './Round.jsx';
export { default as Search } from './Search.jsx';
export { default as Task } from './Task.jsx';
export { default as Tasks } from './Tasks.jsx';
export { default as Transaction } from './Transaction.jsx';
export { default as Validators } from './Validators.jsx';
