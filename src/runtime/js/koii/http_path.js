/*
 * Paths of routes as regular expressions, in the language of Express 4. A text
 * is a regular expression in which "." and "/" are plain characters, ":name",
 * ":name(re)", ":name?" and ":name*" are parameters, and "*" is anything.
 *
 * A path is matched as the client sent it. Each parameter is decoded once, by
 * itself, so an encoded slash stays within its segment.
 */
'use strict';

(function ({ load }) {
  const { set } = load('own');

  /* ":name" with what may follow the name. */
  const parameter = /:(\w+)(\(.*?\))?(\*)?(\?)?/y;
  /* A group that captures. */
  const group = /\\.|\((?:\?<(.*?)>)?(?!\?)/g;

  class Compiler {
    source = '';
    names = [];
    unnamed = 0;
    /* The plain text since the last parameter. The next parameter must not
     * contain it. */
    since = '';

    /* Put text into the expression. Its first group gets the name, if given. */
    emit(text, name) {
      for (const found of text.matchAll(group)) {
        if (found[0][0] === '\\')
          continue;
        this.names.push(name ?? found[1] ?? String(this.unnamed++));
        name = undefined;
      }
      this.source += text;
    }

    plain(text) {
      this.since += text;
      this.emit(text);
    }

    /* before is the slash and dot directly before the colon. */
    parameter(before, [, name, own, star, optional]) {
      const dot = before.includes('.') ? '\\.' : '';
      const slash = before.includes('/') ? '/' : '';
      if (before)
        this.since = '';
      const standard = this.since ? `((?:(?!/|${this.since}).)+?)`
        : `([^/${dot}]+?)`;
      const capture = own
        ? own.replace(/\\.|\*/, (found) => found === '*' ? '(.*)' : found)
        : standard;
      this.source += '(?:' + dot + slash;
      this.emit(capture, name);
      if (star)
        this.emit(`((?:[/${dot}].+?)?)`);
      this.source += `)${optional ?? ''}`;
      this.since = '';
    }

    /* A slash, a dot or both belong to the parameter that follows them. */
    parameter_at(path, at) {
      const before = /^\/?\.?(?=:\w)/.exec(path.slice(at, at + 4))?.[0];
      if (before === undefined)
        return 0;
      parameter.lastIndex = at + before.length;
      const found = parameter.exec(path);
      this.parameter(before, found);
      return before.length + found[0].length;
    }

    run(path) {
      for (let at = 0; at < path.length;) {
        const size = this.parameter_at(path, at);
        if (size) {
          at += size;
        } else if (path[at] === '\\') {
          this.plain(path.slice(at, at + 2));
          at += 2;
        } else if (path[at] === '*') {
          this.emit('(.*)');
          this.since = '';
          at++;
        } else if (path.startsWith('/(', at)) {
          this.since += '/';
          this.emit('/(?:');
          at += 2;
        } else {
          this.plain(path[at] === '.' ? '\\.' : path[at]);
          at++;
        }
      }
    }
  }

  function group_names(expression) {
    const compiler = new Compiler();
    compiler.emit(expression.source);
    return compiler.names;
  }

  function compile_text(path, { end, strict, sensitive }) {
    const compiler = new Compiler();
    compiler.run(path);
    let source = compiler.source;
    if (!strict)
      source += source.endsWith('/') ? '?' : '/?';
    if (end)
      source += '$';
    else if (!source.endsWith('/'))
      source += '(?=/|$)';
    return { match: new RegExp('^' + source, sensitive ? '' : 'i'),
      names: compiler.names };
  }

  /* A path is a text, a regular expression, or a list of those. */
  function compile(path, options) {
    if (path instanceof RegExp)
      return { match: path, names: group_names(path) };
    if (typeof path === 'string')
      return compile_text(path, options);
    if (!Array.isArray(path))
      throw new TypeError('a path must be a text, a regular expression or a ' +
        `list of those, not ${path === null ? 'null' : typeof path}`);
    const each = path.map((one) => compile(one, options));
    return { match: new RegExp(each.map(({ match }) => match.source).join('|'),
      options.sensitive ? '' : 'i'),
    names: each.flatMap(({ names }) => names) };
  }

  function decode(text) {
    if (!text)
      return text;
    try {
      return decodeURIComponent(text);
    } catch (error) {
      error.message = `Failed to decode param '${text}'`;
      error.status = error.statusCode = 400;
      throw error;
    }
  }

  /* A function that maps a path to {path: what matched, params}, or null. It
   * throws with status 400 if a parameter has a broken escape. */
  function matcher(path, options) {
    if (path === '/' && !options.end)
      return () => ({ path: '', params: {} });
    if (path === '*')
      return (text) => ({ path: text, params: { 0: decode(text) } });
    const { match, names } = compile(path, options);
    return function (text) {
      match.lastIndex = 0;
      const found = match.exec(text);
      if (!found)
        return null;
      const params = {};
      names.forEach((name, index) => {
        const value = decode(found[index + 1]);
        if (value !== undefined || !Object.hasOwn(params, name))
          set(params, name, value);
      });
      return { path: found[0], params };
    };
  }

  return { matcher, names_of: (path, options) =>
    path === '*' ? ['0'] : compile(path, options).names };
})
