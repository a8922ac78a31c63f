/*
 * Encodings of several bytes a character (Encoding Standard, 8 to 14): the
 * bytes in hex, their text, and whether they are well formed.
 */
'use strict';

const table = {
  'gbk': [
    ['c4e3bac3', '\u4f60\u597d', true],
    ['80', '\u20ac', true],
    ['8140', '\u4e02', true],
    ['81', '\ufffd', false],
    ['8181', '\u4e96', true],
    ['a2e3', '\u20ac', true],
    ['a6d9', '\ufe10', true],
    ['fe59', '\u9fb4', true],
    ['ff', '\ufffd', false],
    ['8130', '\ufffd', false],
    ['81308130', '\x80', true],
    ['a3a0', '\u3000', true],
    ['fea0', '\u9fbb', true],
    ['d6d0b9fa', '\u4e2d\u56fd', true],
    ['8120', '\ufffd ', false],
    ['8180', '\u4e90', true],
  ],
  'gb18030': [
    ['c4e3bac3', '\u4f60\u597d', true],
    ['80', '\u20ac', true],
    ['81308130', '\x80', true],
    ['81308136', '\x86', true],
    ['8130', '\ufffd', false],
    ['8130c4', '\ufffd', false],
    ['81308120', '\ufffd0\ufffd ', false],
    ['84318236', '\ufe10', true],
    ['84318237', '\ufe11', true],
    ['90308130', '\ud800\udc00', true],
    ['e3329a35', '\udbff\udfff', true],
    ['e3329a36', '\ufffd', false],
    ['fe39fe39', '\ufffd', false],
    ['ff', '\ufffd', false],
    ['a6d9', '\ufe10', true],
    ['a6da', '\ufe12', true],
    ['a6ed', '\ufe18', true],
    ['fe59', '\u9fb4', true],
    ['fea0', '\u9fbb', true],
    ['a3a0', '\u3000', true],
    ['8135f437', '\ue7c7', true],
    ['81ff', '\ufffd', false],
    ['8130ff', '\ufffd0\ufffd', false],
    ['813081', '\ufffd', false],
    ['81308141', '\ufffd0\u4e04', false],
    ['a8bf', '\u01f9', true],
    ['a2e3', '\u20ac', true],
  ],
  'big5': [
    ['a440', '\u4e00', true],
    ['a4a4b0ea', '\u4e2d\u570b', true],
    ['8862', '\xca\u0304', true],
    ['8864', '\xca\u030c', true],
    ['88a3', '\xea\u0304', true],
    ['88a5', '\xea\u030c', true],
    ['8840', '\u31c0', true],
    ['87a4', '\u9f97', true],
    ['8740', '\u43f0', true],
    ['fefe', '\u79d4', true],
    ['a4', '\ufffd', false],
    ['a420', '\ufffd ', false],
    ['a480', '\ufffd', false],
    ['8066', '\ufffdf', false],
    ['ff', '\ufffd', false],
    ['c6a1', '\u2460', true],
    ['f9fe', '\uffed', true],
    ['9d57', '\u8f0b', true],
    ['80', '\ufffd', false],
  ],
  'euc-kr': [
    ['b0a1', '\uac00', true],
    ['c7d1b1db', '\ud55c\uae00', true],
    ['8141', '\uac02', true],
    ['8161', '\uac35', true],
    ['c67f', '\ufffd\x7f', false],
    ['b0', '\ufffd', false],
    ['b020', '\ufffd ', false],
    ['80', '\ufffd', false],
    ['ff', '\ufffd', false],
    ['fefe', '\ufffd', false],
    ['c9a1', '\ufffd', false],
    ['a2e6', '\u20ac', true],
  ],
  'shift_jis': [
    ['82a0', '\u3042', true],
    ['93fa967b', '\u65e5\u672c', true],
    ['b1', '\uff71', true],
    ['80', '\x80', true],
    ['a0', '\ufffd', false],
    ['fd', '\ufffd', false],
    ['8180', '\xf7', true],
    ['815c', '\u2015', true],
    ['8160', '\uff5e', true],
    ['f040', '\ue000', true],
    ['f9fc', '\ue757', true],
    ['fa40', '\u2170', true],
    ['82', '\ufffd', false],
    ['8220', '\ufffd ', false],
    ['8230', '\ufffd0', false],
    ['827f', '\ufffd\x7f', false],
    ['fcfc', '\ufffd', false],
    ['eb40', '\ufffd@', false],
    ['5c7e', '\x5c~', true],
  ],
  'euc-jp': [
    ['a4a2', '\u3042', true],
    ['c6fccbdc', '\u65e5\u672c', true],
    ['8eb1', '\uff71', true],
    ['8ee0', '\ufffd', false],
    ['8fb0a1', '\u4e02', true],
    ['8fa2af', '\u02d8', true],
    ['8ff3a1', '\ufffd', false],
    ['8f', '\ufffd', false],
    ['8fa1', '\ufffd', false],
    ['a4', '\ufffd', false],
    ['a420', '\ufffd ', false],
    ['80', '\ufffd', false],
    ['ff', '\ufffd', false],
    ['8e', '\ufffd', false],
    ['8e20', '\ufffd ', false],
    ['a1c0', '\uff3c', true],
    ['addf', '\u337b', true],
    ['fcf1', '\u2170', true],
  ],
  'iso-2022-jp': [
    ['1b2442242224241b2842', '\u3042\u3044', true],
    ['1b284a5c7e', '\xa5\u203e', true],
    ['1b284931', '\uff71', true],
    ['1b284a5c1b28425c', '\xa5\x5c', true],
    ['1b', '\ufffd', false],
    ['1b24', '\ufffd$', false],
    ['1b2442', '', true],
    ['1b244224', '\ufffd', false],
    ['1b24422422', '\u3042', true],
    ['1b244224220a', '\u3042\ufffd', false],
    ['1b28421b2842', '\ufffd', false],
    ['1b2842411b2842', 'A', true],
    ['0e', '\ufffd', false],
    ['80', '\ufffd', false],
    ['1b58', '\ufffdX', false],
    ['1b2458', '\ufffd$X', false],
    ['1b24401b2442', '\ufffd', false],
    ['411b28', 'A\ufffd(', false],
    ['1b244224221b', '\u3042\ufffd', false],
    ['1b2849601b2842', '\ufffd', false],
  ],
  'utf-16le': [
    ['61006200', 'ab', true],
    ['3dd8a9dc', '\ud83d\udca9', true],
    ['3dd8', '\ufffd', false],
    ['a9dc', '\ufffd', false],
    ['3dd861', '\ufffd', false],
    ['feff', '\ufffe', true],
    ['fffe6100', 'a', true],
    ['61', '\ufffd', false],
    ['3dd83dd8a9dc', '\ufffd\ud83d\udca9', false],
    ['00d800dc', '\ud800\udc00', true],
  ],
  'utf-16be': [
    ['00610062', 'ab', true],
    ['d83ddca9', '\ud83d\udca9', true],
    ['d83d', '\ufffd', false],
    ['dca9', '\ufffd', false],
    ['d83d61', '\ufffd', false],
    ['fffe', '\ufffe', true],
    ['feff0061', 'a', true],
    ['61', '\ufffd', false],
  ],
  'utf-8': [
    ['efbbbf61', 'a', true],
    ['61efbbbf', 'a\ufeff', true],
    ['c0', '\ufffd', false],
    ['c080', '\ufffd\ufffd', false],
    ['c1bf', '\ufffd\ufffd', false],
    ['c2', '\ufffd', false],
    ['c2c2', '\ufffd\ufffd', false],
    ['e0', '\ufffd', false],
    ['e08080', '\ufffd\ufffd\ufffd', false],
    ['e0a0', '\ufffd', false],
    ['e0a080', '\u0800', true],
    ['ed9fbf', '\ud7ff', true],
    ['eda080', '\ufffd\ufffd\ufffd', false],
    ['edbfbf', '\ufffd\ufffd\ufffd', false],
    ['ee8080', '\ue000', true],
    ['efbfbf', '\uffff', true],
    ['f0', '\ufffd', false],
    ['f0808080', '\ufffd\ufffd\ufffd\ufffd', false],
    ['f08f', '\ufffd\ufffd', false],
    ['f09080', '\ufffd', false],
    ['f0908080', '\ud800\udc00', true],
    ['f09f92a9', '\ud83d\udca9', true],
    ['f48fbfbf', '\udbff\udfff', true],
    ['f4908080', '\ufffd\ufffd\ufffd\ufffd', false],
    ['f5', '\ufffd', false],
    ['f8808080', '\ufffd\ufffd\ufffd\ufffd', false],
    ['fe', '\ufffd', false],
    ['ff', '\ufffd', false],
    ['80', '\ufffd', false],
    ['bf', '\ufffd', false],
    ['8080', '\ufffd\ufffd', false],
    ['e2829e', '\u209e', true],
    ['e28220', '\ufffd ', false],
    ['f09f9220', '\ufffd ', false],
    ['61c061', 'a\ufffda', false],
    ['e38182', '\u3042', true],
    ['efbb', '\ufffd', false],
    ['fffe', '\ufffd\ufffd', false],
    ['feff', '\ufffd\ufffd', false],
    ['efbbbfefbbbf', '\ufeff', true],
    ['00', '\x00', true],
    ['f0e282ac', '\ufffd\u20ac', false],
    ['e2e2', '\ufffd\ufffd', false],
    ['c3a4c3', '\xe4\ufffd', false],
  ],
};

const bytes_of = (hex) => Uint8Array.from(hex.match(/../g) ?? [],
  (byte) => parseInt(byte, 16));

/* The text of the bytes given one by one. */
function by_bytes(decoder, bytes) {
  let text = '';
  for (const byte of bytes)
    text += decoder.decode(Uint8Array.of(byte), { stream: true });
  return text + decoder.decode();
}

function check_row({ same, throws }, name, [hex, text, is_right]) {
  const what = `${name} ${hex}`;
  const bytes = bytes_of(hex);
  const fatal = new TextDecoder(name, { fatal: true });
  if (is_right)
    same(fatal.decode(bytes), text, `${what}, fatal`);
  else
    throws(() => fatal.decode(bytes), TypeError, `${what}, fatal`);
  same(new TextDecoder(name).decode(bytes), text, `${what}:`);
  same(by_bytes(new TextDecoder(name), bytes), text, `${what}, bytewise`);
  if (!name.startsWith('utf')) {
    const after = new TextDecoder(name).decode(bytes_of(`41${hex}`));
    same(after, `A${text}`, `${what}, after ASCII`);
  }
}

module.exports = async (check) => {
  for (const [name, rows] of Object.entries(table))
    for (const row of rows)
      await check.group(`${name} ${row[0]}`, () =>
        check_row(check, name, row));
};
