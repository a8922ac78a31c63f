/*
 * Pattern strings of URLPattern (URL Pattern Standard, 2): tokens, parts, and
 * what is made of parts: a regular expression, and a pattern string again.
 */
'use strict';

(function () {
  const is_first = (character) => /^[\p{ID_Start}$_]$/u.test(character);
  const is_name = (character) =>
    /^[\p{ID_Continue}$\u200c\u200d]$/u.test(character);

  const fault = (text) => new TypeError(`Invalid URL pattern: ${text}`);

  /* The end of the group that begins before start, or 0 if it is not whole. */
  function end_of_group(points, start) {
    let depth = 1;
    for (let at = start; at < points.length; at++) {
      const point = points[at];
      if (!/^[\0-\x7f]$/.test(point) || at === start && point === '?')
        return 0;
      if (point === '\\') {
        at++;
        if (at >= points.length || !/^[\0-\x7f]$/.test(points[at]))
          return 0;
      } else if (point === ')') {
        depth--;
        if (!depth)
          return at > start ? at : 0;
      } else if (point === '(') {
        depth++;
        if (points[at + 1] !== '?')
          return 0;
        at++;
      }
    }
    return 0;
  }

  const simple = { __proto__: null, '*': 'asterisk', '+': 'modifier',
    '?': 'modifier', '{': 'open', '}': 'close' };

  /* A list of {type, index, value}. The index counts code points. What is wrong
   * is an error, or a token of its own if is_lenient. */
  function tokenize(text, is_lenient) {
    const points = Array.from(text);
    const tokens = [];
    const add = (type, index, end, value) => {
      tokens.push({ type, index, value });
      return end;
    };
    const wrong = (at) => {
      if (!is_lenient)
        throw fault(`"${text}" at character ${at}`);
      return add('invalid', at, at + 1, points[at]);
    };
    let at = 0;
    while (at < points.length) {
      const point = points[at];
      if (simple[point]) {
        at = add(simple[point], at, at + 1, point);
      } else if (point === '\\') {
        at = at + 1 < points.length
          ? add('escaped', at, at + 2, points[at + 1]) : wrong(at);
      } else if (point === ':') {
        let end = at + 1;
        while (end < points.length && (end === at + 1 ? is_first(points[end])
          : is_name(points[end])))
          end++;
        at = end === at + 1 ? wrong(at)
          : add('name', at, end, points.slice(at + 1, end).join(''));
      } else if (point === '(') {
        const end = end_of_group(points, at + 1);
        at = end ? add('regexp', at, end + 1,
          points.slice(at + 1, end).join('')) : wrong(at);
      } else {
        at = add('char', at, at + 1, point);
      }
    }
    add('end', at, at, '');
    return tokens;
  }

  const escape_regexp = (text) => text.replace(/[.+*?^${}()[\]|/\\]/g, '\\$&');
  const escape_pattern = (text) => text.replace(/[+*?:{}()\\]/g, '\\$&');
  const segment_of = ({ delimiter }) => `[^${escape_regexp(delimiter)}]+?`;
  const any = '.*';

  /* A list of parts {type, value, modifier, name, prefix, suffix}. The type is
   * 'fixed', 'regexp', 'segment' or 'any'; encode makes a component's form of
   * fixed text; options are {delimiter, prefix}. */
  class Parser {
    parts = [];
    #tokens;
    #at = 0;
    #fixed = '';
    #next_number = 0;
    #options;
    #encode;

    constructor(text, options, encode) {
      this.#tokens = tokenize(text, false);
      this.#options = options;
      this.#encode = encode;
    }
    #take(...types) {
      const token = this.#tokens[this.#at];
      if (!token || !types.includes(token.type))
        return null;
      this.#at++;
      return token;
    }
    #need(type) {
      return this.#take(type) ?? (() => {
        throw fault(`${type === 'end' ? 'something' : type} is missing or odd`);
      })();
    }
    #take_wildcard(name) {
      return this.#take('regexp') ?? (name ? null : this.#take('asterisk'));
    }
    #take_text() {
      let text = '';
      for (let token; (token = this.#take('char', 'escaped'));)
        text += token.value;
      return text;
    }
    #take_modifier() {
      return this.#take('modifier', 'asterisk')?.value ?? '';
    }
    #end_fixed() {
      if (this.#fixed === '')
        return;
      const value = this.#encode(this.#fixed);
      this.#fixed = '';
      this.#push({ type: 'fixed', value });
    }
    #push(part) {
      this.parts.push({ name: '', prefix: '', suffix: '', modifier: '',
        ...part });
    }
    #add(prefix, name, wildcard, suffix) {
      const modifier = this.#take_modifier();
      if (!name && !wildcard && !modifier) {
        this.#fixed += prefix;
        return;
      }
      this.#end_fixed();
      if (!name && !wildcard) {
        if (prefix !== '')
          this.#push({ type: 'fixed', value: this.#encode(prefix), modifier });
        return;
      }
      const value = !wildcard ? segment_of(this.#options)
        : wildcard.type === 'asterisk' ? any : wildcard.value;
      const own_name = name ? name.value : String(this.#next_number++);
      if (this.parts.some((part) => part.name === own_name))
        throw fault(`the name ${own_name} is there twice`);
      const type = value === segment_of(this.#options) ? 'segment'
        : value === any ? 'any' : 'regexp';
      this.#push({ type, value: type === 'regexp' ? value : '',
        modifier, name: own_name, prefix: this.#encode(prefix),
        suffix: this.#encode(suffix) });
    }
    run() {
      while (this.#at < this.#tokens.length) {
        const char = this.#take('char');
        const name = this.#take('name');
        const wildcard = this.#take_wildcard(name);
        if (name || wildcard) {
          let prefix = char?.value ?? '';
          if (prefix !== '' && prefix !== this.#options.prefix) {
            this.#fixed += prefix;
            prefix = '';
          }
          this.#end_fixed();
          this.#add(prefix, name, wildcard, '');
          continue;
        }
        const fixed = char ?? this.#take('escaped');
        if (fixed) {
          this.#fixed += fixed.value;
        } else if (this.#take('open')) {
          const prefix = this.#take_text();
          const inner = this.#take('name');
          const inner_wildcard = this.#take_wildcard(inner);
          const suffix = this.#take_text();
          this.#need('close');
          this.#add(prefix, inner, inner_wildcard, suffix);
        } else {
          this.#end_fixed();
          this.#need('end');
        }
      }
      return this.parts;
    }
  }

  const parse = (text, options, encode) =>
    new Parser(text, options, encode).run();

  function regexp_of_part(part, options) {
    const { type, modifier } = part;
    if (type === 'fixed')
      return modifier ? `(?:${escape_regexp(part.value)})${modifier}`
        : escape_regexp(part.value);
    const inner = type === 'segment' ? segment_of(options)
      : type === 'any' ? any : part.value;
    const prefix = escape_regexp(part.prefix);
    const suffix = escape_regexp(part.suffix);
    const is_once = modifier === '' || modifier === '?';
    if (prefix === '' && suffix === '')
      return is_once ? `(${inner})${modifier}` : `((?:${inner})${modifier})`;
    if (is_once)
      return `(?:${prefix}(${inner})${suffix})${modifier}`;
    return `(?:${prefix}((?:${inner})(?:${suffix}${prefix}(?:${inner}))*)` +
      `${suffix})${modifier === '*' ? '?' : ''}`;
  }

  /* {regexp, names}: the names of the groups in order. */
  function compile(parts, options, ignore_case) {
    const source = parts.map((part) => regexp_of_part(part, options)).join('');
    try {
      return { regexp: new RegExp(`^${source}$`, ignore_case ? 'vi' : 'v'),
        names: parts.filter(({ type }) => type !== 'fixed')
          .map(({ name }) => name) };
    } catch {
      throw fault('a group is no regular expression');
    }
  }

  const is_digit = (text) => /^[0-9]/.test(text);
  const begins_as_name = (text) => text !== '' && is_name(Array.from(text)[0]);

  /* Whether a part must stand in braces to be read again as it is. */
  function needs_braces(part, before, after, options) {
    if (part.suffix !== '' || part.prefix !== '' &&
      part.prefix !== options.prefix)
      return true;
    if (!is_digit(part.name) && part.type === 'segment' &&
      part.modifier === '' && after && after.prefix === '' &&
      after.suffix === '' && (after.type === 'fixed'
      ? begins_as_name(after.value) : is_digit(after.name)))
      return true;
    return part.prefix === '' && before?.type === 'fixed' &&
      options.prefix !== '' && before.value.endsWith(options.prefix);
  }

  function show_part(part, before, after, options) {
    if (part.type === 'fixed')
      return part.modifier ? `{${escape_pattern(part.value)}}${part.modifier}`
        : escape_pattern(part.value);
    const has_name = !is_digit(part.name);
    const braces = needs_braces(part, before, after, options);
    let text = escape_pattern(part.prefix) + (has_name ? `:${part.name}` : '');
    if (part.type === 'regexp')
      text += `(${part.value})`;
    else if (part.type === 'segment' && !has_name)
      text += `(${segment_of(options)})`;
    else if (part.type === 'any')
      text += !has_name && (!before || before.type === 'fixed' ||
        before.modifier !== '' || braces || part.prefix !== '') ? '*'
        : `(${any})`;
    if (part.type === 'segment' && has_name && begins_as_name(part.suffix))
      text += '\\';
    text += escape_pattern(part.suffix);
    return (braces ? `{${text}}` : text) + part.modifier;
  }

  const show = (parts, options) => parts.map((part, at) =>
    show_part(part, parts[at - 1], parts[at + 1], options)).join('');

  return { tokenize, parse, compile, show, escape_pattern, fault };
})
