/*
 * util.parseArgs(). Below are the lines that Node 20 gives. A null stands
 * where a worker differs on purpose.
 */
const assert = require('node:assert');

async function lines() {
  const { parseArgs } = require("util");
  const opt = { foo: { type: "string", short: "f" }, bar: { type: "boolean", short: "b" }, m: { type: "string", multiple: true, short: "m" }, d: { type: "string", default: "x" } };
  const out = [];
  for (const c of [{ args: ["-f", "1", "--bar", "x", "--", "-y"], options: opt, allowPositionals: true, tokens: true }, { args: ["-bf1"], options: opt, tokens: true }, { args: ["-bf", "1", "-m", "a", "-mb", "--m=c"], options: opt, tokens: true }, { args: ["--foo"], options: opt }, { args: ["--bar=1"], options: opt }, { args: ["--nope"], options: opt }, { args: ["--nope"], options: opt, allowPositionals: true }, { args: ["x"], options: opt }, { args: ["--foo", "-x"], options: opt }, { args: ["-f", "-x"], options: opt }, { args: ["--nope", "--x=1", "-abc", "p"], strict: false, tokens: true }, { args: ["--no-bar"], options: opt, allowNegative: true, tokens: true }, { args: ["--no-bar"], options: opt }, { args: ["-"], options: opt, allowPositionals: true }, { args: 1 }, { options: { a: {} } }, { options: { a: { type: "string", short: "ab" } } }, { args: ["--foo="], options: opt }, { args: [], options: { q: { type: "boolean", default: "s" } } }])
    try {
      out.push(JSON.stringify(parseArgs(c)));
    } catch (e) {
      out.push(e.code + " " + e.message);
    }
  return out;
}

const expected = [
  '{"values":{"foo":"1","bar":true,"d":"x"},"positionals":["x","-y"],"tokens":[{"kind":"option","name":"foo","rawName":"-f","index":0,"value":"1","inlineValue":false},{"kind":"option","name":"bar","rawName":"--bar","index":2},{"kind":"positional","index":3,"value":"x"},{"kind":"option-terminator","index":4},{"kind":"positional","index":5,"value":"-y"}]}',
  '{"values":{"bar":true,"foo":"1","d":"x"},"positionals":[],"tokens":[{"kind":"option","name":"bar","rawName":"-b","index":0},{"kind":"option","name":"foo","rawName":"-f","index":0,"value":"1","inlineValue":true}]}',
  '{"values":{"bar":true,"foo":"1","m":["a","b","c"],"d":"x"},"positionals":[],"tokens":[{"kind":"option","name":"bar","rawName":"-b","index":0},{"kind":"option","name":"foo","rawName":"-f","index":0,"value":"1","inlineValue":false},{"kind":"option","name":"m","rawName":"-m","index":2,"value":"a","inlineValue":false},{"kind":"option","name":"m","rawName":"-m","index":4,"value":"b","inlineValue":true},{"kind":"option","name":"m","rawName":"--m","index":5,"value":"c","inlineValue":true}]}',
  'ERR_PARSE_ARGS_INVALID_OPTION_VALUE Option \'-f, --foo <value>\' argument missing',
  'ERR_PARSE_ARGS_INVALID_OPTION_VALUE Option \'-b, --bar\' does not take an argument',
  'ERR_PARSE_ARGS_UNKNOWN_OPTION Unknown option \'--nope\'',
  'ERR_PARSE_ARGS_UNKNOWN_OPTION Unknown option \'--nope\'. To specify a positional argument starting with a \'-\', place it at the end of the command after \'--\', as in \'-- "--nope"',
  'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL Unexpected argument \'x\'. This command does not take positional arguments',
  'ERR_PARSE_ARGS_INVALID_OPTION_VALUE Option \'--foo\' argument is ambiguous.\nDid you forget to specify the option argument for \'--foo\'?\nTo specify an option argument starting with a dash use \'--foo=-XYZ\'.',
  'ERR_PARSE_ARGS_INVALID_OPTION_VALUE Option \'-f\' argument is ambiguous.\nDid you forget to specify the option argument for \'-f\'?\nTo specify an option argument starting with a dash use \'--foo=-XYZ\' or \'-f-XYZ\'.',
  '{"values":{"nope":true,"x":"1","a":true,"b":true,"c":true},"positionals":["p"],"tokens":[{"kind":"option","name":"nope","rawName":"--nope","index":0},{"kind":"option","name":"x","rawName":"--x","index":1,"value":"1","inlineValue":true},{"kind":"option","name":"a","rawName":"-a","index":2},{"kind":"option","name":"b","rawName":"-b","index":2},{"kind":"option","name":"c","rawName":"-c","index":2},{"kind":"positional","index":3,"value":"p"}]}',
  '{"values":{"bar":false,"d":"x"},"positionals":[],"tokens":[{"kind":"option","name":"bar","rawName":"--no-bar","index":0}]}',
  'ERR_PARSE_ARGS_UNKNOWN_OPTION Unknown option \'--no-bar\'',
  '{"values":{"d":"x"},"positionals":["-"]}',
  'ERR_INVALID_ARG_TYPE The "args" argument must be an instance of Array. Received type number (1)',
  'ERR_INVALID_ARG_TYPE The "options.a.type" property must be (\'string|boolean\'). Received undefined',
  'ERR_INVALID_ARG_VALUE The property \'options.a.short\' must be a single character. Received \'ab\'',
  '{"values":{"foo":"","d":"x"},"positionals":[]}',
  'ERR_INVALID_ARG_TYPE The "options.q.default" property must be of type boolean. Received type string (\'s\')',
];

exports.checks = {
  async 'each line is Node\'s'() {
    const found = await lines();
    assert.strictEqual(found.length, expected.length);
    assert.deepStrictEqual(found.map((line, at) =>
      expected[at] === null ? null : String(line)), expected);
  },
  'nearly all lines are compared'() {
    assert.ok(expected.filter((line) => line === null).length <= 3);
  },
  'there are lines'() {
    assert.ok(expected.length >= 19);
  },
};
