/*
 * MIME types (MIME Sniffing Standard, 4): {essence, parameters}.
 */
'use strict';

(function () {
  const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const space = /^[\t\n\r ]+|[\t\n\r ]+$/g;

  /* The value of a text that begins with a quote, and the text after the
   * value. */
  function take_quoted(text) {
    const found = /^"((?:\\[^]|[^"\\])*)(?:\\$)?"?/.exec(text);
    return [found[1].replace(/\\([^])/g, '$1'), text.slice(found[0].length)];
  }

  function take_parameters(text) {
    const parameters = new Map();
    while (text !== '') {
      text = text.slice(1).replace(/^[\t\n\r ]+/, '');
      const name = /^[^;=]*/.exec(text)[0];
      text = text.slice(name.length);
      if (text[0] !== '=')
        continue;
      text = text.slice(1);
      let value;
      if (text[0] === '"') {
        [value, text] = take_quoted(text);
        text = text.replace(/^[^;]*/, '');
      } else {
        value = /^[^;]*/.exec(text)[0];
        text = text.slice(value.length);
        value = value.replace(/[\t\n\r ]+$/, '');
        if (value === '')
          continue;
      }
      const key = name.toLowerCase();
      if (token.test(key) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value) &&
        !parameters.has(key))
        parameters.set(key, value);
    }
    return parameters;
  }

  /* null if the text is not a MIME type. */
  function parse(text) {
    text = text.replace(space, '');
    const found = /^([^/]*)\/([^;]*)/.exec(text);
    const subtype = found?.[2].replace(/[\t\n\r ]+$/, '');
    if (!found || !token.test(found[1]) || !token.test(subtype))
      return null;
    return { essence: `${found[1]}/${subtype}`.toLowerCase(),
      parameters: take_parameters(text.slice(found[0].length)) };
  }

  function show({ essence, parameters }) {
    let text = essence;
    for (const [name, value] of parameters)
      text += `;${name}=` + (token.test(value) ? value
        : `"${value.replace(/["\\]/g, '\\$&')}"`);
    return text;
  }

  /* The type in the headers (Fetch Standard, "extract a MIME type"), or null.
   */
  function of_headers(headers) {
    const parts = (headers.get('content-type') ?? '')
      .match(/(?:"(?:\\[^]|[^"\\])*"?|[^",])+/g) ?? [];
    let last = null;
    let charset;
    for (const part of parts) {
      const type = parse(part);
      if (!type || type.essence === '*/*')
        continue;
      if (type.essence !== last?.essence)
        charset = type.parameters.get('charset');
      else if (!type.parameters.has('charset') && charset !== undefined)
        type.parameters.set('charset', charset);
      last = type;
    }
    return last;
  }

  return { token, parse, show, of_headers };
})
