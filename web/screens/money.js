/** The screens of money, which are loaded together (routes.js). */
export { default as Money } from './Money.jsx';
export { default as MoneyBook } from './MoneyBook.jsx';
export { default as Send } from './Send.jsx';
export { default as Receive } from './Receive.jsx';
