/*
 * The value of a Set-Cookie header (RFC 6265).
 */
'use strict';

(function () {
  const words = { low: 'Low', medium: 'Medium', high: 'High', lax: 'Lax',
    strict: 'Strict', none: 'None' };

  function checked(value, pattern, what) {
    if (!pattern.test(value))
      throw new TypeError(`${what} is invalid`);
    return value;
  }

  function word(value, names, what) {
    const name = String(value).toLowerCase();
    if (!names.includes(name))
      throw new TypeError(`option ${what} is invalid`);
    return words[name];
  }

  function expiry({ expires, maxAge }) {
    const age = maxAge === undefined || maxAge === null ? NaN
      : Number(maxAge);
    const date = Number.isNaN(age) ? expires : new Date(Date.now() + age);
    const parts = [];
    if (!Number.isNaN(age))
      parts.push(`Max-Age=${Math.floor(age / 1000)}`);
    if (date && (!(date instanceof Date) || Number.isNaN(date.valueOf())))
      throw new TypeError('option expires is invalid');
    return [parts, date ? [`Expires=${date.toUTCString()}`] : []];
  }

  /* maxAge is in ms, as in res.cookie(). */
  function serialize(name, value, options) {
    if (options.signed)
      throw new Error('signed cookies are not supported: a task that wants ' +
        'them signs the value itself');
    const text = typeof value === 'object' ? 'j:' + JSON.stringify(value)
      : String(value);
    const encode = options.encode ?? encodeURIComponent;
    if (typeof encode !== 'function')
      throw new TypeError('option encode is invalid');
    const [age, expires] = expiry(options);
    const parts = [
      checked(name, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'argument name') + '=' +
        checked(encode(text), /^("?)[!#-+\--:<-[\]-~]*\1$/, 'argument val'),
      ...age];
    if (options.domain)
      parts.push('Domain=' + checked(options.domain,
        /^\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i, 'option domain'));
    const path = options.path ?? '/';
    if (path)
      parts.push('Path=' + checked(path, /^[\x20-:=-~]*$/, 'option path'));
    parts.push(...expires);
    if (options.httpOnly)
      parts.push('HttpOnly');
    if (options.secure)
      parts.push('Secure');
    if (options.partitioned)
      parts.push('Partitioned');
    if (options.priority)
      parts.push('Priority=' + word(options.priority,
        ['low', 'medium', 'high'], 'priority'));
    if (options.sameSite)
      parts.push('SameSite=' + word(options.sameSite === true ? 'strict'
        : options.sameSite, ['lax', 'strict', 'none'], 'sameSite'));
    return parts.join('; ');
  }

  return { serialize };
})
