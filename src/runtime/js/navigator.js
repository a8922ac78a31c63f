/*
 * navigator (HTML Standard, 8.9), as far as Ecma-429 and Node have it.
 */
'use strict';

(function ({ start, load }) {
  let is_made = false;

  class Navigator {
    #brand;
    constructor() {
      if (is_made)
        throw load('web_idl').illegal();
      is_made = true;
    }
    get userAgent() {
      this.#brand;
      return `Pond/${start.task.node_version}`;
    }
    /* A task has one thread, whatever the machine has. */
    get hardwareConcurrency() {
      this.#brand;
      return 1;
    }
    get language() {
      this.#brand;
      return 'en-US';
    }
    get languages() {
      return Object.freeze([this.language]);
    }
    get platform() {
      this.#brand;
      return 'linux';
    }
  }
  load('web_idl').tag(Navigator, 'Navigator');

  return { navigator: new Navigator(), Navigator };
})
