/*
 * Counts assertions about the web's API. A file of cases is a function of the
 * checks below; each assertion counts alone and a failed one does not end the
 * file. It runs inside a pond-worker (test_web.c) and under Node (oracle.js).
 */
'use strict';

const tag = (value) => Object.prototype.toString.call(value).slice(8, -1);

/* Whether two values are the same as far as a program can see: numbers by
 * Object.is, lists and objects by what is in them. */
function equal(one, other) {
  if (Object.is(one, other))
    return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other ||
    tag(one) !== tag(other))
    return false;
  if (one instanceof ArrayBuffer)
    return equal(new Uint8Array(one), new Uint8Array(other));
  if (Array.isArray(one) || ArrayBuffer.isView(one) &&
    !(one instanceof DataView))
    return one.length === other.length &&
      Array.prototype.every.call(one, (each, at) => equal(each, other[at]));
  if (tag(one) !== 'Object')
    return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) &&
      equal(one[key], other[key]));
}

/* What a reader sees of a value: characters outside ASCII by their numbers. */
function show(value) {
  let text;
  try {
    text = typeof value === 'bigint' ? `${value}n`
      : typeof value === 'symbol' || typeof value === 'function'
        ? String(value).slice(0, 60)
        : ArrayBuffer.isView(value) ? `${tag(value)} [${[...value]}]`
          : value instanceof Error ? `${value.name}: ${value.message}`
            : JSON.stringify(value) ?? String(value);
  } catch {
    text = tag(value);
  }
  return text.replace(/[^\x20-\x7e]/g, (unit) => '\\u' +
    unit.charCodeAt(0).toString(16).padStart(4, '0')).slice(0, 400);
}

/* The authority and the path of a URL, as the serializer joins them. */
function authority_of(url) {
  const user = url.username + (url.password ? `:${url.password}` : '');
  if (url.host || url.href.startsWith(`${url.protocol}//`))
    return `//${user ? `${user}@` : ''}${url.host}${url.pathname}`;
  return url.pathname.startsWith('//') ? `/.${url.pathname}` : url.pathname;
}

/* Runs one file of cases. Resolves to {held, failed: [[what, why], ...]}. */
module.exports = async function run(cases, is_node = false) {
  let held = 0;
  const failed = [];
  const names = new Set();

  function settle(is_right, what, why) {
    if (is_right)
      held++;
    else
      failed.push([what, why()]);
    names.add(what);
  }

  function is_error(error, wanted) {
    return typeof wanted === 'function'
      ? error instanceof wanted && error.name === wanted.name
      : typeof wanted === 'string'
        ? error instanceof DOMException && error.name === wanted
        : error === wanted.value;
  }

  const wants = (wanted) => typeof wanted === 'function' ? wanted.name
    : typeof wanted === 'string' ? `a DOMException ${wanted}`
      : show(wanted.value);

  const check = {
    is_node,
    same(actual, expected, what) {
      settle(equal(actual, expected), what, () =>
        `${show(actual)} instead of ${show(expected)}`);
    },
    differs(actual, other, what) {
      settle(!equal(actual, other), what, () => `it is ${show(actual)}`);
    },
    is_true(actual, what) {
      settle(actual === true, what, () => `${show(actual)} is not true`);
    },
    /* wanted: a class of errors, a DOMException's name or {value}. */
    throws(action, wanted, what) {
      let result;
      try {
        result = action();
      } catch (error) {
        settle(is_error(error, wanted), what, () =>
          `threw ${show(error)} instead of ${wants(wanted)}`);
        return;
      }
      settle(false, what, () => `gave ${show(result)} instead of throwing ` +
        wants(wanted));
    },
    async rejects(promise, wanted, what) {
      let result;
      try {
        result = await (typeof promise === 'function' ? promise() : promise);
      } catch (error) {
        settle(is_error(error, wanted), what, () =>
          `rejected with ${show(error)} instead of ${wants(wanted)}`);
        return;
      }
      settle(false, what, () => `resolved to ${show(result)} instead of ` +
        `rejecting with ${wants(wanted)}`);
    },
    /* A group of assertions: what it throws by mistake is one failure. */
    async group(name, action) {
      try {
        await action();
      } catch (error) {
        settle(false, `${name} ends`, () => `${show(error)} ` +
          String(error?.stack).split('\n').slice(0, 3).join(' '));
      }
    },
    show,
    /* Four assertions about a text as a URL: a row [text, href or null, base].
     */
    url([input, href, base]) {
      const name = show(input) +
        (base === undefined ? '' : ` in ${show(base)}`);
      check.same(URL.canParse(input, base), href !== null, `canParse ${name}`);
      let url;
      try {
        url = new URL(input, base);
      } catch (error) {
        check.is_true(error instanceof TypeError, `the error of ${name}`);
      }
      check.same(url?.href ?? null, href, `href of ${name}`);
      if (!url || href === null)
        return;
      check.same(new URL(href).href, href, `href of ${name} again`);
      if (!/[?#]$|\?#/.test(href))
        check.same(href, url.protocol + authority_of(url) + url.search +
          url.hash, `the parts of ${name}`);
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };

  await check.group('the file', () => cases(check));
  return { held, failed, names: names.size };
};
