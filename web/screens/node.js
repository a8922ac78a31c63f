/** The node as a whole; its screens are loaded together (routes.js). */
import '../operator.js';
export { default as Node } from './Node.jsx';
export { default as Attention } from './Attention.jsx';
