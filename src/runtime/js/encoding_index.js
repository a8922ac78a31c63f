/*
 * The indexes of the Encoding Standard (5): from a pointer to a character. They
 * are made of ICU's converters at the first use, and mended where ICU differs.
 */
'use strict';

(function ({ native }) {
  const none = 0xfffd;
  const is_private = (character) => character >= 0xe000 && character < 0xf900;

  /* How the bytes of a pointer are found: the inverse of what the decoders do
   * in encoding_legacy.js. */
  const halves = (width, lead_of, trail_of) => (pointer) => [
    lead_of(Math.floor(pointer / width)), trail_of(pointer % width)];
  const sources = {
    'gb18030': { size: 23940, icu: 'gb18030', bytes: halves(190,
      (lead) => lead + 0x81, (trail) => trail + (trail < 0x3f ? 0x40 : 0x41)) },
    'big5': { size: 19782, icu: 'Big5-HKSCS', bytes: halves(157,
      (lead) => lead + 0x81, (trail) => trail + (trail < 0x3f ? 0x40 : 0x62)) },
    'jis0208': { size: 11280, icu: 'shift_jis', bytes: halves(188,
      (lead) => lead + (lead < 0x1f ? 0x81 : 0xc1),
      (trail) => trail + (trail < 0x3f ? 0x40 : 0x41)) },
    'jis0212': { size: 7708, icu: 'euc-jp', bytes: (pointer) => [0x8f,
      Math.floor(pointer / 94) + 0xa1, pointer % 94 + 0xa1] },
    'euc-kr': { size: 23750, icu: 'windows-949-2000', bytes: halves(190,
      (lead) => lead + 0x81, (trail) => trail + 0x41) },
  };

  /* Characters of Big5 that ICU's table, HKSCS-2004, has elsewhere or not at
   * all: the distance from one pointer to the next in base 36, and the
   * characters in base 16. */
  const big5_pointers =
's0 8 2b 1 1 1 1 2 3 1 3 2 1 1 1 2 1 1e 1 fj 16 7 x 2 2 5 n 1 2 j q ' +
    '5a 6 f b 9 p 3 1y i 5 1n 1 1e 1a d 1s l 2z 1w 21 1 1 1 m 9 5u 2p ' +
    '4s 16 3r f j1 2 3 15 o e a b h f 6 3 c z 1 j 1y 3 20 3m 1y e y 6 ' +
    '1v d 22 k 1o a 5 c3 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 ' +
    '1 1 1 1 1 1 1 1 1 486 4 2 2 7 1 6u 6 2 614 7 1h 8 g 1e 26 1n 6 l t ' +
    '17 15 f 2r 1 3 1i w t p 1f';
  const big5_characters =
    '9f97 9f96 31c0 31c1 31c2 31c3 31c4 31c5 31c6 31c7 31c8 31c9 31ca ' +
    '31cb 31cc 31cd 31ce 23da 23db 9fa6 9fa7 9fa8 9fa9 9faa 9fab 9fac ' +
    '9fad 9fae 9faf 9fb2 9fb3 7bb8 7c06 7cce 7dd2 7e1d 8005 8028 83c1 ' +
    '84a8 840f 89a6 89a9 8d77 90fd 92b9 975c 97ff 9f16 8503 5159 515b ' +
    '515d 515e 936e 7479 6d67 799b 9097 975d 701e 5b28 7201 77d7 7e87 ' +
    '99d6 91d4 60de 6fb6 8f36 4fbb 71df 9104 9df0 83cf 5c10 79e3 5a67 ' +
    '8f0b 7b51 62d0 6062 75f9 6c4a 9b2e 9f17 50ed 5f0c 880f 62ce 7468 ' +
    '7162 7250 2400 2401 2402 2403 2404 2405 2406 2407 2408 2409 240a ' +
    '240b 240c 240d 240e 240f 2410 2411 2412 2413 2414 2415 2416 2417 ' +
    '2418 2419 241a 241b 241c 241d 241e 241f 2421 5ef4 65e0 7676 96b6 ' +
    '3003 4edd 31cf 9fb0 9fb1 5029 507d 5305 5344 537f 5605 5a77 5e75 ' +
    '5ed0 5f58 60a4 6490 6674 675e 6c9c 6e1d 6e2f 716e 732a 745c 74e9 ' +
    '7809';

  /* GB 18030-2022 gave these bytes characters of their own (0xfe59 and so on);
   * older tables have private ones. 0xa3a0 is the standard's own choice. */
  const gb18030_2022 = [[0xa3a0, 0x3000], [0xa6d9, 0xfe10], [0xa6da, 0xfe12],
    [0xa6db, 0xfe11], [0xa6dc, 0xfe13], [0xa6dd, 0xfe14], [0xa6de, 0xfe15],
    [0xa6df, 0xfe16], [0xa6ec, 0xfe17], [0xa6ed, 0xfe18], [0xa6f3, 0xfe19],
    [0xfe59, 0x9fb4], [0xfe61, 0x9fb5], [0xfe66, 0x9fb6], [0xfe67, 0x9fb7],
    [0xfe6d, 0x9fb8], [0xfe7e, 0x9fb9], [0xfe90, 0x9fba], [0xfea0, 0x9fbb]];

  /* What ICU has otherwise: place -> character. */
  const mended = {
    'gb18030': gb18030_2022.map(([bytes, character]) => {
      const trail = bytes & 0xff;
      return [((bytes >> 8) - 0x81) * 190 + trail - (trail < 0x7f ? 0x40
        : 0x41), character];
    }),
    'big5'() {
      const characters = big5_characters.split(' ');
      let pointer = 0;
      return big5_pointers.split(' ').map((distance, place) => {
        pointer += parseInt(distance, 36);
        return [pointer, parseInt(characters[place], 16)];
      });
    },
    'koi8-u': [[0x2e, 0x45e], [0x3e, 0x40e]],
    'windows-1253': [[0x2a, none]],
    'windows-1255': [[0x4a, 0x5ba]],
  };

  /* ISO-8859-16, which ICU does not have, from 0xa0 on. */
  const romanian = '\xa0\u0104\u0105\u0141\u20ac\u201e\u0160\xa7\u0161\xa9' +
    '\u0218\xab\u0179\xad\u017a\u017b\xb0\xb1\u010c\u0142\u017d\u201d\xb6' +
    '\xb7\u017e\u010d\u0219\xbb\u0152\u0153\u0178\u017c\xc0\xc1\xc2\u0102' +
    '\xc4\u0106\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\u0110\u0143\xd2' +
    '\xd3\xd4\u0150\xd6\u015a\u0170\xd9\xda\xdb\xdc\u0118\u021a\xdf\xe0' +
    '\xe1\xe2\u0103\xe4\u0107\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef' +
    '\u0111\u0144\xf2\xf3\xf4\u0151\xf6\u015b\u0171\xf9\xfa\xfb\xfc\u0119' +
    '\u021b\xff';

  function characters_of(icu, list, width) {
    const text = native.characters_of(icu, Uint8Array.from(list), width);
    return Uint32Array.from(Array.from(text), (each) => each.codePointAt(0));
  }

  function mend(name, index) {
    const found = mended[name] ?? [];
    for (const [place, character] of typeof found === 'function' ? found()
      : found)
      index[place] = character;
    return index;
  }

  function make_double(name) {
    const { size, icu, bytes } = sources[name];
    const list = Array.from({ length: size }, (_, pointer) => bytes(pointer));
    const index = characters_of(icu, list.flat(), list[0].length);
    if (name !== 'gb18030')
      index.forEach((character, place) => {
        if (is_private(character))
          index[place] = none;
      });
    return mend(name, index);
  }

  /* The characters of the bytes 0x80 to 0xff. */
  function make_single(name) {
    const high = Array.from({ length: 128 }, (_, place) => place + 128);
    if (name === 'x-user-defined')
      return Uint32Array.from(high, (byte) => 0xf780 + byte - 0x80);
    if (name === 'iso-8859-16')
      return Uint32Array.from(high, (byte) =>
        byte < 0xa0 ? byte : romanian.charCodeAt(byte - 0xa0));
    const index = characters_of(name === 'iso-8859-8-i' ? 'iso-8859-8' : name,
      high, 1);
    return mend(name, index.map((each) => is_private(each) && name !==
      'macintosh' ? none : each));
  }

  const made = new Map();
  function index_of(name) {
    if (!made.has(name))
      made.set(name, Object.hasOwn(sources, name) ? make_double(name)
        : make_single(name));
    return made.get(name);
  }

  /* The character of four bytes of GB 18030, or U+FFFD. ICU has the standard's
   * ranges (10.2). */
  const gb18030_four = (bytes) => characters_of('gb18030', bytes, 4)[0];

  return { index_of, gb18030_four, none };
})
