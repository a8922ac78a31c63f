/** What an operator does with tasks: one file to a browser (routes.js). */
import '../operator.js';
export * from './add.js';
export * from './task.js';
