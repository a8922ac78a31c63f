/** The screens of a creator, which are loaded together (routes.js). */
export { default as Create } from './Create.jsx';
export { default as CreateNew } from './CreateNew.jsx';
export { default as Mine } from './Mine.jsx';
