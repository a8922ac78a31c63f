/* As much of a browser as web/core asks for when it is loaded. */
Object.defineProperty(globalThis, 'navigator',
  { value: { languages: ['en-GB'] }, configurable: true });
/** @type {Record<string, (() => void)[]>} of events, by their names */
const listeners = {};
const addEventListener = (name, listener) => {
  (listeners[name] ??= []).push(listener);
};

/** As the browser does when it has happened. @param {string} name */
export function happens(name) {
  listeners[name]?.forEach((listener) => listener({ type: name }));
}

globalThis.document = {
  hidden: false, documentElement: { dataset: { door: 'node', build: 'b1' } },
  baseURI: 'http://127.0.0.1:30019/', addEventListener,
};
globalThis.location = { hash: '' };
globalThis.history = {
  replaceState(state, title, hash) { globalThis.location.hash = hash; },
};
globalThis.addEventListener = addEventListener;
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
globalThis.requestAnimationFrame = (run) => setTimeout(run);
