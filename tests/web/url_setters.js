/* The setters of URL (URL Standard, 6.1). */
'use strict';

/* For each property: a URL, the value that is set, the URL afterwards. */
const table = {
  protocol: [
    ['http://h/', 'https', 'https://h/'], ['http://h/', 'https:', 'https://h/'],
    ['http://h/', 'HTTPS:x', 'https://h/'], ['http://h/', 'ftp://', 'ftp://h/'],
    ['http://h/', '', 'http://h/'], ['http://h/', ':', 'http://h/'],
    ['http://h/', '1x', 'http://h/'], ['http://h/', 'x', 'http://h/'],
    ['http://h/', 'h\u00e4', 'http://h/'], ['http://h/', 'a b', 'http://h/'],
    ['non://h/', 'http', 'non://h/'], ['non://h/', 'x+1', 'x+1://h/'],
    ['non:p', 'other', 'other:p'], ['http://h:443/', 'https', 'https://h/'],
    ['http://h:80/', 'https', 'https://h/'],
    ['https://h:80/', 'http', 'http://h/'], ['http://u@h/', 'file',
      'http://u@h/'], ['http://h:1/', 'file', 'http://h:1/'],
    ['http://h/', 'file', 'file://h/'], ['file:///p', 'http', 'file:///p'],
    ['file://h/p', 'http', 'http://h/p'],
    ['http://h/', 'ht\ntps', 'https://h/'],
    ['http://h/', ' https', 'http://h/'], ['mailto:a', 'http', 'mailto:a'],
  ],
  username: [
    ['http://h/', 'u', 'http://u@h/'], ['http://h/', '', 'http://h/'],
    ['http://u@h/', '', 'http://h/'], ['http://u:p@h/', '', 'http://:p@h/'],
    ['http://h/', 'a:b@c/d', 'http://a%3Ab%40c%2Fd@h/'],
    ['http://h/', '\u00e4 %', 'http://%C3%A4%20%@h/'],
    ['http://h/', '\0\n', 'http://%00%0A@h/'], ['file:///', 'u', 'file:///'],
    ['file://h/', 'u', 'file://h/'], ['mailto:a', 'u', 'mailto:a'],
    ['non://h', 'u', 'non://u@h'], ['non:///p', 'u', 'non:///p'],
    ['http://h/', '\'"<>`{}|^[]\\;=', 'http://\'%22%3C%3E%60%7B%7D%7C%5E%5B' +
      '%5D%5C%3B%3D@h/'], ['http://h/', '\ud800', 'http://%EF%BF%BD@h/'],
  ],
  password: [
    ['http://h/', 'p', 'http://:p@h/'], ['http://u@h/', 'p', 'http://u:p@h/'],
    ['http://u:p@h/', '', 'http://u@h/'], ['http://:p@h/', '', 'http://h/'],
    ['http://h/', 'a:b@c', 'http://:a%3Ab%40c@h/'], ['file:///', 'p',
      'file:///'], ['non:p', 'p', 'non:p'], ['non://h', 'p', 'non://:p@h'],
  ],
  host: [
    ['http://h/', 'x', 'http://x/'], ['http://h/', 'X:8080', 'http://x:8080/'],
    ['http://h:1/', 'x', 'http://x:1/'], ['http://h:1/', 'x:80', 'http://x/'],
    ['http://h:1/', 'x:', 'http://x:1/'], ['http://h:1/', 'x:a',
      'http://x:1/'], ['http://h:1/', 'x:2a', 'http://x:2/'],
    ['http://h:1/', 'x:65536', 'http://x:1/'],
    ['http://h/', '', 'http://h/'], ['http://h/', ':80', 'http://h/'],
    ['http://h/', 'x/y', 'http://x/'], ['http://h/', 'x?y', 'http://x/'],
    ['http://h/', 'x#y', 'http://x/'], ['http://h/', 'x\\y', 'http://x/'],
    ['http://h/', 'a@b', 'http://h/'], ['http://h/', 'a b', 'http://h/'],
    ['http://h/', '[::1]:2', 'http://[::1]:2/'], ['http://h/', '[::1',
      'http://h/'], ['http://h/', '1.2.3', 'http://1.2.0.3/'],
    ['http://h/', 'b\u00fccher', 'http://xn--bcher-kva/'],
    ['http://h/', 'x\t:\n81', 'http://x:81/'], ['non://h/', '', 'non:///'],
    ['non://u@h/', '', 'non://u@h/'], ['non://h:1/', '', 'non://h:1/'],
    ['non://h/', 'X', 'non://X/'], ['non:p', 'x', 'non:p'],
    ['non:/p', 'x', 'non://x/p'], ['mailto:a', 'x', 'mailto:a'],
    ['file:///p', 'x', 'file://x/p'], ['file://x/p', '', 'file:///p'],
    ['file:///p', 'x:1', 'file:///p'], ['file://x/p', 'localhost', 'file:///p'],
    ['non://h/', 'a\\b', 'non://h/'],
  ],
  hostname: [
    ['http://h:1/', 'x', 'http://x:1/'], ['http://h/', 'x:2', 'http://h/'],
    ['http://h/', 'x:', 'http://h/'], ['http://h/', '', 'http://h/'],
    ['http://h/', '[::1]', 'http://[::1]/'], ['http://h/', '[::1]:2',
      'http://h/'], ['http://h/', 'x/y:1', 'http://x/'],
    ['http://h/', '0x7f.1', 'http://127.0.0.1/'], ['http://h/', 'a%00',
      'http://h/'], ['http://h/', '\u00ad', 'http://h/'],
    ['non://h:1/', '', 'non://h:1/'], ['non://h/', '', 'non:///'],
    ['non:/.//p', 'h', 'non://h//p'], ['non://h//p', '', 'non:////p'],
    ['file:///p', 'h', 'file://h/p'], ['file://h/p', '', 'file:///p'],
    ['data:x', 'h', 'data:x'],
  ],
  port: [
    ['http://h/', '8080', 'http://h:8080/'], ['http://h:1/', '', 'http://h/'],
    ['http://h:1/', '80', 'http://h/'], ['http://h/', 81, 'http://h:81/'],
    ['http://h/', '81x', 'http://h:81/'], ['http://h/', 'x81', 'http://h/'],
    ['http://h/', '65535', 'http://h:65535/'], ['http://h:1/', '65536',
      'http://h:1/'], ['http://h/', '\t8\n1', 'http://h:81/'],
    ['http://h/', ' 81', 'http://h/'], ['http://h/', '-1', 'http://h/'],
    ['http://h/', '00081', 'http://h:81/'], ['http://h/', '81/9',
      'http://h:81/'], ['http://h/', '8.1', 'http://h:8/'],
    ['http://h/', '1e3', 'http://h:1/'], ['https://h/', '443', 'https://h/'],
    ['file:///', '1', 'file:///'], ['file://h/', '1', 'file://h/'],
    ['non:p', '1', 'non:p'], ['non://h', '80', 'non://h:80'],
    ['non:///p', '1', 'non:///p'], ['http://h/', '\uff11', 'http://h/'],
    ['http://h:1/', '99999999999', 'http://h:1/'],
  ],
  pathname: [
    ['http://h/a', 'b', 'http://h/b'], ['http://h/a', '/b/../c', 'http://h/c'],
    ['http://h/a', '', 'http://h/'], ['http://h/a?q#f', 'b', 'http://h/b?q#f'],
    ['http://h/', 'a?b#c', 'http://h/a%3Fb%23c'], ['http://h/', '\\a\\b',
      'http://h/a/b'], ['http://h/', '//a', 'http://h//a'],
    ['http://h/', 'a b\u00e4', 'http://h/a%20b%C3%A4'],
    ['http://h/', '%2e%2E/x', 'http://h/x'],
    ['http://h/', 'a\tb', 'http://h/ab'],
    ['http://h/', ' a ', 'http://h/%20a%20'], ['mailto:a', 'b', 'mailto:a'],
    ['non://h/a', '', 'non://h'], ['non://h', 'a', 'non://h/a'],
    ['non:/a', '//b', 'non:/.//b'], ['non:/a', '', 'non:/'],
    ['non:/a', '\\b', 'non:/\\b'], ['file:///a', 'c|/x', 'file:///c:/x'],
    ['file:///c:/a', '..', 'file:///'], ['file:///', '', 'file:///'],
    ['http://h/', '{}"<>', 'http://h/%7B%7D%22%3C%3E'],
  ],
  search: [
    ['http://h/', 'a=b', 'http://h/?a=b'], ['http://h/', '?a', 'http://h/?a'],
    ['http://h/', '??a', 'http://h/??a'], ['http://h/?a', '', 'http://h/'],
    ['http://h/?a', '?', 'http://h/?'], ['http://h/?a#f', 'b', 'http://h/?b#f'],
    ['http://h/', 'a#b', 'http://h/?a%23b'], ['http://h/', '\'"<> ',
      'http://h/?%27%22%3C%3E%20'], ['non://h', '\'', 'non://h?\''],
    ['http://h/', '\u00e4\ud800', 'http://h/?%C3%A4%EF%BF%BD'],
    ['mailto:a', 'b', 'mailto:a?b'], ['http://h/', 'a\nb', 'http://h/?ab'],
    ['http://h/', '%zz', 'http://h/?%zz'], ['data:x', '?y z', 'data:x?y%20z'],
  ],
  hash: [
    ['http://h/', 'a', 'http://h/#a'], ['http://h/', '#a', 'http://h/#a'],
    ['http://h/', '##a', 'http://h/##a'], ['http://h/#a', '', 'http://h/'],
    ['http://h/#a', '#', 'http://h/#'], ['http://h/', 'a b"<>`',
      'http://h/#a%20b%22%3C%3E%60'], ['http://h/', '{}|^\\[]',
      'http://h/#{}|^\\[]'], ['http://h/', '\u00e4\0', 'http://h/#%C3%A4%00'],
    ['mailto:a', 'b', 'mailto:a#b'], ['javascript:x', 'b', 'javascript:x#b'],
    ['http://h/?q', 'a?b', 'http://h/?q#a?b'],
    ['data:x', '\ttab', 'data:x#tab'],
  ],
  href: [
    ['http://h/', 'https://x/y', 'https://x/y'],
    ['http://h/', ' non:p ', 'non:p'], ['mailto:a', 'http://h', 'http://h/'],
  ],
};

module.exports = async (check) => {
  const { same, throws, show } = check;
  for (const [property, rows] of Object.entries(table))
    await check.group(property, () => {
      for (const [href, value, expected] of rows) {
        const url = new URL(href);
        url[property] = value;
        const what = `${href} ${property} = ${show(value)}`;
        same(url.href, expected, what);
        same(String(url), expected, `${what}: the text`);
        same(new URL(url.href).href, expected, `${what}: read again`);
      }
    });
  for (const href of ['', 'x', '//h', 'http://', 'http://a b/', 'http://h:x'])
    await check.group(href, () => {
      const url = new URL('http://h/p');
      throws(() => {
        url.href = href;
      }, TypeError, `href = ${show(href)}`);
      same(url.href, 'http://h/p', `after href = ${show(href)}`);
    });
};
