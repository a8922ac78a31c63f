/* As much of a browser as web/core asks for when it is loaded. */
Object.defineProperty(globalThis, 'navigator',
  { value: { languages: ['en-GB'] }, configurable: true });
globalThis.document = {
  hidden: false, documentElement: { dataset: { door: 'node', build: 'b1' } },
  baseURI: 'http://127.0.0.1:30019/', addEventListener() {},
};
globalThis.location = { hash: '' };
globalThis.addEventListener = () => {};
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
globalThis.requestAnimationFrame = (run) => setTimeout(run);
