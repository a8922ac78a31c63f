/*
 * The decoders of the Encoding Standard for the encodings before UTF-8 (9 to
 * 14). Each is a function of one byte at a time, as in the standard.
 */
'use strict';

(function ({ load }) {
  const { index_of, gb18030_four, none } = load('encoding_index');

  /* What a handler returns if it is not a character or a text. */
  const CONTINUE = -1;
  const ERROR = -2;
  const FINISHED = -3;
  /* The end of the bytes. */
  const END = -1;

  const within = (value, first, last) => value >= first && value <= last;
  const found = (index, pointer) =>
    pointer >= 0 && pointer < index.length && index[pointer] !== none
      ? index[pointer] : 0;

  function single_byte(name) {
    const index = index_of(name);
    return (byte) => {
      if (byte === END)
        return FINISHED;
      if (byte < 0x80)
        return byte;
      const character = index[byte - 0x80];
      return character === none ? ERROR : character;
    };
  }

  /* 10.2.1; gbk has the same decoder. */
  function gb18030() {
    const index = index_of('gb18030');
    let first = 0;
    let second = 0;
    let third = 0;

    function fourth(byte, prepend) {
      const bytes = [first, second, third, byte];
      first = second = third = 0;
      const character = within(byte, 0x30, 0x39) ? gb18030_four(bytes) : none;
      if (character !== none)
        return character;
      if (!within(byte, 0x30, 0x39))
        prepend(bytes[1], bytes[2], byte);
      return ERROR;
    }

    function two(byte, prepend) {
      const lead = first;
      first = 0;
      const pointer = within(byte, 0x40, 0x7e) || within(byte, 0x80, 0xfe)
        ? (lead - 0x81) * 190 + byte - (byte < 0x7f ? 0x40 : 0x41) : -1;
      const character = found(index, pointer);
      if (character)
        return character;
      if (byte < 0x80)
        prepend(byte);
      return ERROR;
    }

    return (byte, prepend) => {
      if (byte === END) {
        const is_open = first || second || third;
        first = second = third = 0;
        return is_open ? ERROR : FINISHED;
      }
      if (third)
        return fourth(byte, prepend);
      if (second) {
        if (within(byte, 0x81, 0xfe)) {
          third = byte;
          return CONTINUE;
        }
        prepend(second, byte);
        first = second = 0;
        return ERROR;
      }
      if (first) {
        if (!within(byte, 0x30, 0x39))
          return two(byte, prepend);
        second = byte;
        return CONTINUE;
      }
      if (byte < 0x80)
        return byte;
      if (byte === 0x80)
        return 0x20ac;
      if (byte === 0xff)
        return ERROR;
      first = byte;
      return CONTINUE;
    };
  }

  /* A decoder of one byte or two: two(lead, byte) gives the second's result or
   * 0; one(byte) that of a byte that is no ASCII, CONTINUE for a lead. */
  function double_byte(one, two) {
    let lead = 0;
    return (byte, prepend) => {
      if (byte === END) {
        const is_open = lead;
        lead = 0;
        return is_open ? ERROR : FINISHED;
      }
      if (lead) {
        const result = two(lead, byte);
        lead = 0;
        if (result)
          return result;
        if (byte < 0x80)
          prepend(byte);
        return ERROR;
      }
      if (byte < 0x80)
        return byte;
      const result = one(byte);
      if (result === CONTINUE)
        lead = byte;
      return result;
    };
  }

  /* 11.1.1; four pointers stand for two characters each. */
  const big5_pairs = new Map([[1133, '\xca\u0304'], [1135, '\xca\u030c'],
    [1164, '\xea\u0304'], [1166, '\xea\u030c']]);
  function big5() {
    const index = index_of('big5');
    return double_byte(
      (byte) => within(byte, 0x81, 0xfe) ? CONTINUE : ERROR,
      (lead, byte) => {
        if (!within(byte, 0x40, 0x7e) && !within(byte, 0xa1, 0xfe))
          return 0;
        const pointer = (lead - 0x81) * 157 + byte - (byte < 0x7f ? 0x40
          : 0x62);
        return big5_pairs.get(pointer) ?? found(index, pointer);
      });
  }

  /* 14.1.1 */
  function euc_kr() {
    const index = index_of('euc-kr');
    return double_byte(
      (byte) => within(byte, 0x81, 0xfe) ? CONTINUE : ERROR,
      (lead, byte) => within(byte, 0x41, 0xfe)
        ? found(index, (lead - 0x81) * 190 + byte - 0x41) : 0);
  }

  /* 12.3.1; the pointers of 8836 and more are the user's own characters. */
  function shift_jis() {
    const index = index_of('jis0208');
    return double_byte(
      (byte) => byte === 0x80 ? 0x80
        : within(byte, 0xa1, 0xdf) ? 0xff61 - 0xa1 + byte
          : within(byte, 0x81, 0x9f) || within(byte, 0xe0, 0xfc) ? CONTINUE
            : ERROR,
      (lead, byte) => {
        if (!within(byte, 0x40, 0x7e) && !within(byte, 0x80, 0xfc))
          return 0;
        const pointer = (lead - (lead < 0xa0 ? 0x81 : 0xc1)) * 188 + byte -
          (byte < 0x7f ? 0x40 : 0x41);
        return within(pointer, 8836, 10715) ? 0xe000 - 8836 + pointer
          : found(index, pointer);
      });
  }

  /* 12.1.1 */
  function euc_jp() {
    let is_jis0212 = false;
    let lead = 0;

    function two(byte, prepend) {
      const first = lead;
      lead = 0;
      let character = 0;
      if (within(first, 0xa1, 0xfe) && within(byte, 0xa1, 0xfe))
        character = found(index_of(is_jis0212 ? 'jis0212' : 'jis0208'),
          (first - 0xa1) * 94 + byte - 0xa1);
      is_jis0212 = false;
      if (character)
        return character;
      if (byte < 0x80)
        prepend(byte);
      return ERROR;
    }

    return (byte, prepend) => {
      if (byte === END) {
        const is_open = lead;
        lead = 0;
        return is_open ? ERROR : FINISHED;
      }
      if (lead === 0x8e && within(byte, 0xa1, 0xdf)) {
        lead = 0;
        return 0xff61 - 0xa1 + byte;
      }
      if (lead === 0x8f && within(byte, 0xa1, 0xfe)) {
        is_jis0212 = true;
        lead = byte;
        return CONTINUE;
      }
      if (lead)
        return two(byte, prepend);
      if (byte < 0x80)
        return byte;
      if (byte !== 0x8e && byte !== 0x8f && !within(byte, 0xa1, 0xfe))
        return ERROR;
      lead = byte;
      return CONTINUE;
    };
  }

  /* 12.2.1. The states are the standard's. */
  const escapes = { '(B': 'ascii', '(J': 'roman', '(I': 'katakana',
    '$@': 'lead', '$B': 'lead' };
  function iso_2022_jp() {
    let state = 'ascii';
    let output_state = 'ascii';
    let lead = 0;
    let has_output = false;

    const states = {
      ascii: (byte) => byte === END ? FINISHED
        : byte > 0x7f || byte === 0x0e || byte === 0x0f ? ERROR : byte,
      roman: (byte) => byte === 0x5c ? 0xa5 : byte === 0x7e ? 0x203e
        : states.ascii(byte),
      katakana: (byte) => byte === END ? FINISHED
        : within(byte, 0x21, 0x5f) ? 0xff61 - 0x21 + byte : ERROR,
      lead(byte) {
        if (byte === END)
          return FINISHED;
        if (!within(byte, 0x21, 0x7e))
          return ERROR;
        lead = byte;
        state = 'trail';
        return CONTINUE;
      },
      trail(byte) {
        state = 'lead';
        return within(byte, 0x21, 0x7e) ? found(index_of('jis0208'),
          (lead - 0x21) * 94 + byte - 0x21) || ERROR : ERROR;
      },
      escape_start(byte, prepend) {
        if (byte === 0x24 || byte === 0x28) {
          lead = byte;
          state = 'escape';
          return CONTINUE;
        }
        has_output = false;
        state = output_state;
        if (byte !== END)
          prepend(byte);
        return ERROR;
      },
      escape(byte, prepend) {
        const next = byte === END ? undefined
          : escapes[String.fromCharCode(lead, byte)];
        if (next) {
          const was = has_output;
          state = output_state = next;
          has_output = true;
          return was ? ERROR : CONTINUE;
        }
        has_output = false;
        state = output_state;
        if (byte === END)
          prepend(lead);
        else
          prepend(lead, byte);
        return ERROR;
      },
    };

    return (byte, prepend) => {
      if (byte === 0x1b && !state.startsWith('escape')) {
        const is_cut = state === 'trail';
        state = 'escape_start';
        return is_cut ? ERROR : CONTINUE;
      }
      const is_escape = state.startsWith('escape');
      const result = states[state](byte, prepend);
      if (!is_escape && result !== CONTINUE || state === 'trail')
        has_output = false;
      return result;
    };
  }

  const decoders = { __proto__: null, gbk: gb18030, gb18030, big5,
    'euc-kr': euc_kr, shift_jis, 'euc-jp': euc_jp,
    'iso-2022-jp': iso_2022_jp };

  /* Many characters at once, because a call takes a limited number. */
  const piece = 4096;

  /* The decoder of an encoding that is neither UTF-8 nor UTF-16:
   * decode(bytes, is_last, fail), where fail() throws or not. */
  function make_decoder(name) {
    const make = () => (decoders[name] ?? single_byte)(name);
    let handler = make();
    const waiting = []; /* bytes to be read again, the next one last */
    const prepend = (...bytes) => waiting.push(...bytes.reverse());

    return function decode(bytes, is_last, fail) {
      const characters = [];
      let text = '';
      let at = 0;
      for (;;) {
        const byte = waiting.length ? waiting.pop()
          : at < bytes.length ? bytes[at++] : END;
        if (byte === END && !is_last)
          break;
        const result = handler(byte, prepend);
        if (result === FINISHED)
          break;
        if (result === ERROR)
          fail();
        if (typeof result === 'string')
          characters.push(...Array.from(result, (each) =>
            each.codePointAt(0)));
        else if (result !== CONTINUE)
          characters.push(result === ERROR ? none : result);
        if (characters.length >= piece)
          text += String.fromCodePoint(...characters.splice(0));
      }
      if (is_last)
        handler = make();
      return text + String.fromCodePoint(...characters);
    };
  }

  return { make_decoder };
})
