/*
 * The constructor string of URLPattern: a whole URL as a pattern (URL Pattern
 * Standard, 1.6). The states are the components.
 */
'use strict';

(function ({ load }) {
  const { tokenize } = load('url_pattern_parse');

  const order = ['init', 'protocol', 'authority', 'username', 'password',
    'hostname', 'port', 'pathname', 'search', 'hash', 'done'];
  const comes_before = (state, other) =>
    order.indexOf(state) < order.indexOf(other);

  class Reader {
    result = {};
    #points;
    #tokens;
    #start = 0;
    #at = 0;
    #step = 1;
    #state = 'init';
    #depth = 0; /* of groups */
    #brackets = 0;
    #is_special = false;
    #matches_special;

    constructor(text, matches_special) {
      this.#points = Array.from(text);
      this.#tokens = tokenize(text, true);
      this.#matches_special = matches_special;
    }
    /* Whether the token is this character, without a meaning for patterns. */
    #is(value, ahead = 0) {
      const token = this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1);
      return token.value === value &&
        ['char', 'escaped', 'invalid'].includes(token.type);
    }
    #is_search() {
      if (this.#is('?'))
        return true;
      if (this.#tokens[this.#at].value !== '?')
        return false;
      const before = this.#tokens[this.#at - 1];
      return !before ||
        !['name', 'regexp', 'close', 'asterisk'].includes(before.type);
    }
    #text() {
      return this.#points.slice(this.#tokens[this.#start].index,
        this.#tokens[this.#at].index).join('');
    }
    #rewind(state) {
      this.#at = this.#start;
      this.#step = 0;
      this.#state = state;
    }
    #change(next, skip) {
      const { result } = this;
      const state = this.#state;
      if (!['init', 'authority', 'done'].includes(state))
        result[state] = this.#text();
      if (state !== 'init' && next !== 'done') {
        if (comes_before(state, 'hostname') && comes_before('hostname', next))
          result.hostname ??= '';
        if (comes_before(state, 'pathname') && comes_before('pathname', next))
          result.pathname ??= this.#is_special ? '/' : '';
        if (comes_before(state, 'search') && next === 'hash')
          result.search ??= '';
      }
      this.#state = next;
      this.#at += skip;
      this.#start = this.#at;
      this.#step = 0;
    }
    /* What may follow a hostname or a port. True if something did. */
    #leave_authority() {
      if (this.#is('/'))
        this.#change('pathname', 0);
      else
        this.#leave_path();
    }
    #leave_path() {
      if (this.#is_search())
        this.#change('search', 1);
      else if (this.#is('#'))
        this.#change('hash', 1);
    }

    #states = {
      init: () => {
        if (this.#is(':'))
          this.#rewind('protocol');
      },
      protocol: () => {
        if (!this.#is(':'))
          return;
        this.#is_special = this.#matches_special(this.#text());
        const has_slashes = this.#is('/', 1) && this.#is('/', 2);
        this.#change(has_slashes || this.#is_special ? 'authority'
          : 'pathname', has_slashes ? 3 : 1);
      },
      authority: () => {
        if (this.#is('@'))
          this.#rewind('username');
        else if (this.#is('/') || this.#is_search() || this.#is('#'))
          this.#rewind('hostname');
      },
      username: () => {
        if (this.#is(':'))
          this.#change('password', 1);
        else if (this.#is('@'))
          this.#change('hostname', 1);
      },
      password: () => {
        if (this.#is('@'))
          this.#change('hostname', 1);
      },
      hostname: () => {
        if (this.#is('['))
          this.#brackets++;
        else if (this.#is(']'))
          this.#brackets--;
        else if (this.#is(':') && !this.#brackets)
          this.#change('port', 1);
        else
          this.#leave_authority();
      },
      port: () => this.#leave_authority(),
      pathname: () => this.#leave_path(),
      search: () => {
        if (this.#is('#'))
          this.#change('hash', 1);
      },
      hash: () => {},
    };

    /* True at the very end. */
    #end() {
      if (this.#state === 'authority') {
        this.#rewind('hostname');
        return false;
      }
      if (this.#state !== 'init') {
        this.#change('done', 0);
        return true;
      }
      this.#rewind('init');
      if (this.#is('#'))
        this.#change('hash', 1);
      else if (this.#is_search())
        this.#change('search', 1);
      else
        this.#change('pathname', 0);
      return false;
    }
    run() {
      while (this.#at < this.#tokens.length) {
        this.#step = 1;
        const { type } = this.#tokens[this.#at];
        if (type === 'end') {
          if (this.#end())
            break;
        } else if (type === 'open') {
          this.#depth++;
        } else if (!this.#depth || type === 'close' && !--this.#depth) {
          this.#states[this.#state]();
        }
        this.#at += this.#step;
      }
      if (this.result.hostname !== undefined)
        this.result.port ??= '';
      return this.result;
    }
  }

  /* The text's components. matches_special(protocol) says whether a pattern of
   * a protocol matches a special scheme. */
  return { read: (text, matches_special) =>
    new Reader(text, matches_special).run() };
})
