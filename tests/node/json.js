/*
 * What JSON says of faulty texts and of values that it has no text for.
 */
'use strict';

const texts = ['{"a":1,"b":[1,2.5e3,-0,true,null,"x\\n\\u00e9y"],"c":{"d":"eee"}}',
  '[1,2,3]', '{"a":1}', '"abc"', '-1.5e+3', 'true', 'null', 'false', '',
  '  {"long key here":"some longer text here","n":[ ] , "o":{ } }  ',
  '<html><body>something</body></html>', 'undefined', 'NaN', 'Infinity',
  '[object Object]', '{"a":"b"}{"c":1}', '0123', '1.', '1e', '-', '{"a":1}{',
  '{"a":1,}', '[1,]', '{\'a\':1}', '"\t"', '"\\x"', '"\\u00g0"', 'tru', 'nul1'];
const letters = '{}[]",:0123456789.eE+-tfnulrsa \n\t\\/x<\u00e9\u0001u';

/* The same numbers everywhere: a linear congruence. */
function make_random(seed) {
  return (limit) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % limit;
  };
}

function mutate(text, random) {
  for (let count = random(4); count > 0; count--) {
    const at = random(text.length + 1);
    const letter = letters[random(letters.length)];
    const tail = [text.slice(at), text.slice(at + 1), '',
      letter + text.slice(at + 1)][random(4)];
    text = text.slice(0, at) + (random(2) ? letter : '') + tail;
  }
  return text;
}

const message_of = (own) => {
  try {
    return own();
  } catch (error) {
    const [first] = error.stack.split('\n    at ');
    return [error.name, error.message, first === String(error)];
  }
};

class Kind {}

function chain(length, back) {
  const first = new Kind();
  const nodes = [first];
  for (let at = 0; at < length; at++)
    nodes.push(nodes[at][`n${at}`] = at % 2 ? {} : new Kind());
  nodes.at(-1).back = nodes[back];
  return first;
}

const circles = () => {
  const list = [[]];
  list[0][0] = list;
  const bare = Object.create(null);
  bare.own = bare;
  const shared = { deep: {} };
  const graph = { a: shared, b: shared, c: [shared, { shared }] };
  graph.c[1].up = graph;
  return [list, graph, chain(0, 0), chain(1, 0), chain(2, 0), chain(3, 1),
    chain(4, 0), chain(9, 2), { a: 1n }, [1n], 1n, { toJSON: () => 1n }];
};

module.exports = function cases(run) {
  const random = make_random(20);
  for (const text of texts)
    run(`parse ${JSON.stringify(text)}`, () =>
      message_of(() => JSON.parse(text)));
  for (let at = 0; at < 2000; at++) {
    const text = mutate(texts[at % texts.length], random);
    run(`parse ${JSON.stringify(text)}`, () =>
      message_of(() => JSON.parse(text)));
  }
  for (const value of [undefined, null, 5, {}, [], true, () => 1])
    run(`parse a ${typeof value} ${String(value)}`, () =>
      message_of(() => JSON.parse(value)));
  circles().forEach((value, at) =>
    run(`stringify #${at}`, () => message_of(() => JSON.stringify(value))));
  run('reviver', () => message_of(() => JSON.parse('{"a":[1,2]}',
    (key, value) => key === '1' ? undefined : value)));
  run('reviver throws', () => message_of(() => JSON.parse('[1]', () => {
    throw new SyntaxError('own');
  })));
  run('toJSON throws', () => message_of(() => JSON.stringify({ toJSON() {
    throw new TypeError('own');
  } })));
  run('functions', () => [JSON.parse.name, JSON.parse.length,
    JSON.stringify.name, JSON.stringify.length,
    Object.getOwnPropertyDescriptor(JSON, 'parse').enumerable]);
};
