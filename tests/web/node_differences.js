/*
 * Where Node 20 leaves the standards: for each file of cases, parts of the
 * assertions' names and what decides against Node.
 */
'use strict';

const unicode = 'UTS 46 maps by its newest tables; Node 20 brings older ones';
const opaque_space = 'URL Standard 4.4, opaque path state: a space before ' +
  'the query or fragment is percent-encoded';

module.exports = {
  url_parse: [
    ['"http://h/{}|^"', 'URL Standard 1.3: the path percent-encode set has ^'],
    ['"non://h/.."', 'URL Standard 4.4, path state: a ".." at the end adds an ' +
      'empty segment'],
    ['"non:a  ?q"', opaque_space],
    ['"non:a  #f"', opaque_space],
  ],
  url_host: [
    ['FA\\u1e9e', unicode],
    ['1\\u05d0', 'UTS 46 with CheckBidi: a name that begins with a digit and ' +
      'has right-to-left letters is no domain (RFC 5893, 2)'],
    ['\\u0661\\u0662', 'the same rule of RFC 5893'],
    ['xn--a-ecp', 'URL Standard 3.3: a name in ASCII becomes lower case only, ' +
      'even if its Punycode is broken'],
  ],
  url_relative: [
    ['"file:///c:a/.."', 'URL Standard 4.2: "c:a" is no Windows drive letter'],
    ['"#s" in "non:opaque', opaque_space],
    ['"#" in "non:opaque', opaque_space],
    ['" #s x" in "non:opaque', opaque_space],
  ],
};
