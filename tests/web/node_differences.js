/*
 * Where Node 20 leaves the standards: for each file of cases, parts of the
 * assertions' names, as texts or patterns, and what decides against Node.
 */
'use strict';

const unicode = 'UTS 46 maps by its newest tables; Node 20 brings older ones';
const opaque_space = 'URL Standard 4.4, opaque path state: a space before ' +
  'the query or fragment is percent-encoded';

const new_class = 'Node 20 has no such class';
const dom_2 = 'DOM Standard 2, ';
const cloning = 'HTML Standard 2.7.3: what can not be cloned or moved is a ' +
  'DataCloneError, a DOMException';

/* Node decodes with ICU's converters as they are. */
const old_decoder = (name, bytes) => [
  new RegExp(`^${name} (${bytes.replaceAll(' ', '|')})( ends|[:,])`),
  'Encoding Standard 5 and 9 to 14: the index and the decoder of ' + name];
const old_index = (name, bytes) => [
  new RegExp(`^${name}: (the byte (${bytes.replaceAll(' ', '|')})$|` +
    'in two|fatal)'),
  'Encoding Standard 5: the index of ' + name];
const no_encoding = 'Encoding Standard 4.2: the encoding exists';

module.exports = {
  abort: [
    ['a number is no handler', 'HTML Standard 8.1.8.1: a value that is no ' +
      'object becomes null ([LegacyTreatNonObjectAsNull])'],
    ['timeout of 49 days', 'DOM Standard 3.2: the time is an unsigned long ' +
      'long'],
    ['order of any', 'DOM Standard 3.2, "signal abort": dependent signals ' +
      'are marked before any abort steps run'],
    ['any_iterable ends', 'Web IDL: a sequence is any iterable'],
  ],
  clone: [
    ['to move a detached buffer', cloning],
    ['shared memory is not moved', cloning],
    ['to move an object', cloning],
    ['to move a view', cloning],
    ['to move a function', cloning],
    ['to move a Map', cloning],
    ['a DOMException', 'Web IDL 4.3: DOMException is serializable'],
    ['a File', 'File API 4: File is serializable'],
    ['length of structuredClone', 'HTML Standard 2.7.10: one argument is ' +
      'required'],
  ],
  crypto: [
    ['a key that is not extractable', 'Web Cryptography 14.3.9: an ' +
      'InvalidAccessError'],
  ],
  encoding_labels: [
    ['of iso-8859-16', no_encoding],
    ['of x-user-defined', no_encoding],
    ['\\u212aoi8-r', 'Encoding Standard 4.2: labels match ASCII ' +
      'case-insensitively'],
  ],
  encoding_multi: [
    old_decoder('gbk', 'a2e3 a6d9 fe59 ff 8130 81308130 a3a0 fea0'),
    old_decoder('gb18030', '81308120 8130ff 81308141'),
    old_decoder('big5', '8862 8864 88a3 88a5 8840 87a4 8740 fefe 8066 ff ' +
      'c6a1 f9fe 9d57 80'),
    old_decoder('euc-kr', '8141 8161 80 fefe c9a1 a2e6'),
    old_decoder('shift_jis', '80 827f eb40'),
    old_decoder('euc-jp', '8ee0 8ff3a1 80'),
    old_decoder('iso-2022-jp', '1b24 1b244224220a 1b2458 411b28'),
  ],
  encoding_single: [
    ['ibm866: ASCII', 'Encoding Standard 9.1: bytes below 0x80 are themselves'],
    ['iso-8859-16 exists', no_encoding],
    ['x-user-defined exists', no_encoding],
    old_index('koi8-u', '0xae 0xbe'),
    old_index('windows-874', '0xdb 0xdc 0xdd 0xde 0xfc 0xfd 0xfe 0xff'),
    old_index('windows-1253', '0xaa'),
    old_index('windows-1255', '0xca'),
  ],
  events: [
    ['of an event', 'Web IDL: constants are on the prototype, too'],
    ['legacy ends', dom_2 + 'returnValue has a setter and initEvent exists'],
    ['order: capturing', dom_2 + '9: capturing listeners of the target are ' +
      'invoked first'],
    ['stopping: no second', dom_2 + '9: invoke returns if the stop ' +
      'propagation flag is set'],
    ['passive listeners', dom_2 + '2: no effect with the in passive listener ' +
      'flag'],
    ['returnValue false', dom_2 + '2: returnValue has a setter'],
    ['the flags end', dom_2 + '9, step 10: the flags are unset'],
    ['that is being dispatched', dom_2 + '7: an InvalidStateError, a ' +
      'DOMException'],
    ['error_event ends', new_class],
    ['close_event ends', new_class],
    ['rejection_event ends', new_class],
    ['its ports are frozen', 'HTML Standard 9.1: ports is a FrozenArray'],
    ['message_event_again ends', 'HTML Standard 9.1: initMessageEvent'],
    ['class ErrorEvent', new_class],
    ['class CloseEvent', new_class],
    ['class PromiseRejectionEvent', new_class],
    ['tag of MessageEvent', 'Web IDL 3.7.4: the tag is the name'],
    ['MessageEvent without a type', 'HTML Standard 9.1: the type is required'],
  ],
  forms: [
    ['native endings', 'File API 3.1: a lone CR is a line ending, too'],
    ['lastModified 1.9', 'File API 4.1: a long long'],
    ['an undefined name is none', 'Web IDL 3.6: an undefined optional ' +
      'argument is missing'],
  ],
  headers: [
    ['record __proto__', 'Web IDL 3.2.23: a record has all own enumerable ' +
      'keys'],
    ['enumerable ones only', 'the same'],
  ],
  messages: [
    ['that has not started', 'HTML Standard 9.4.4: only start() and ' +
      'onmessage enable the queue'],
    ['no message comes at once', 'the same'],
    ['a buffer that is gone', cloning],
    ['a port that is not in the list', cloning],
    ['does not copy them', cloning],
    ['tag of', 'Web IDL 3.7.4: the tag is the name'],
  ],
  performance: [
    ['too few options', 'User Timing 3.1.3: options need a start or an end'],
    ['with all entries', 'Performance Timeline 5.1: entries are queued as ' +
      'they are made'],
    ['what is taken does not come', 'the same, one entry later'],
    ['nor after disconnect', 'the same'],
  ],
  streams: [
    ['after_close ends', 'Streams 5.5.4: a write after close rejects with a ' +
      'TypeError; Node 20 has an internal error'],
    [/^(gzip|deflate|deflate-raw)(: no| cut| and more)/, 'Compression 5: ' +
      'bytes that are wrong, missing or too many are a TypeError'],
  ],
  timers: [
    ['prototype of MessageChannel', 'Web IDL 3.7.1: prototype can not be ' +
      'written'],
    ['prototype of MessagePort', 'the same'],
    ['more: ', 'Ecma-429 and HTML Standard: Node 20 has none of these'],
  ],
  url_parse: [
    ['"http://h/{}|^"', 'URL Standard 1.3: the path percent-encode set has ^'],
    ['"non://h/.."', 'URL Standard 4.4, path state: a ".." at the end adds ' +
      'an empty segment'],
    ['"non:a  ?q"', opaque_space],
    ['"non:a  #f"', opaque_space],
  ],
  url_host: [
    ['FA\\u1e9e', unicode],
    ['1\\u05d0', 'UTS 46 with CheckBidi: a name that begins with a digit and ' +
      'has right-to-left letters is no domain (RFC 5893, 2)'],
    ['\\u0661\\u0662', 'the same rule of RFC 5893'],
    ['xn--a-ecp', 'URL Standard 3.3: a name in ASCII becomes lower case ' +
      'only, even if its Punycode is broken'],
  ],
  url_relative: [
    ['"file:///c:a/.."', 'URL Standard 4.2: "c:a" is no Windows drive letter'],
    ['"#s" in "non:opaque', opaque_space],
    ['"#" in "non:opaque', opaque_space],
    ['" #s x" in "non:opaque', opaque_space],
  ],
  wasm: [
    ['media_type ends', 'WebAssembly Web API 3: a byte-case-insensitive match'],
  ],
};
