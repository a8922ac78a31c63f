/** Money, settings, and what a creator does: one file to a browser (routes.js). */
import '../operator.js';
export * from './create.js';
export * from './money.js';
export * from './settings.js';
