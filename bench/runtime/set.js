/*
 * What tasks compute, in kinds: numbers, texts, JSON, maps, typed arrays,
 * regular expressions. task(i) runs the i-th a few times, after as many to warm
 * up, and gives {name, ms}: its best time. Each returns a number that depends on
 * all that it did, so that no engine leaves a part out; both engines must get
 * the same.
 */
'use strict';

const { initializeTaskManager } = require('@_koii/task-manager');

/* The same for every engine. */
function random_from(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

function words(count, seed) {
  const random = random_from(seed);
  const letter = () => 'abcdefghijklmnopqrstuvwxyz'[Math.floor(random() * 26)];
  return Array.from({ length: count }, () =>
    Array.from({ length: 3 + Math.floor(random() * 8) }, letter).join(''));
}

function records(count) {
  const random = random_from(7), names = words(count, 8);
  return names.map((name, id) => ({ id, name, price: random() * 1000,
    tags: [name.slice(0, 2), name.slice(-2)], is_open: random() < 0.5,
    place: { street: name + ' street', number: Math.floor(random() * 200) } }));
}

const kinds = {
  numeric_bodies() {
    const bodies = Array.from({ length: 5 }, (_, i) => ({ x: i * 1.3, y: i * 0.7,
      z: i * 0.2, vx: 0.01 * i, vy: 0.02 / (i + 1), vz: 0, mass: 1 / (i + 1) }));
    for (let step = 0; step < 40000; step++) {
      for (let i = 0; i < 5; i++)
        for (let j = i + 1; j < 5; j++) {
          const a = bodies[i], b = bodies[j];
          const x = a.x - b.x, y = a.y - b.y, z = a.z - b.z;
          const square = x * x + y * y + z * z + 0.1;
          const pull = 0.001 / (square * Math.sqrt(square));
          a.vx -= x * b.mass * pull; b.vx += x * a.mass * pull;
          a.vy -= y * b.mass * pull; b.vy += y * a.mass * pull;
          a.vz -= z * b.mass * pull; b.vz += z * a.mass * pull;
        }
      for (const body of bodies) {
        body.x += body.vx * 0.001;
        body.y += body.vy * 0.001;
        body.z += body.vz * 0.001;
      }
    }
    return Math.round(bodies[0].x * 1e6);
  },
  numeric_integers() {
    let sum = 0;
    for (let n = 2; n < 60000; n++) {
      let is_prime = true;
      for (let d = 2; d * d <= n; d++)
        if (n % d === 0) {
          is_prime = false;
          break;
        }
      sum = (sum + (is_prime ? n : n >> 3)) | 0;
    }
    return sum;
  },
  numeric_big() {
    let a = 0n, b = 1n;
    for (let i = 0; i < 8000; i++)
      [a, b] = [b, a + b];
    return Number(a % 1000007n);
  },
  text_build() {
    let text = '';
    for (let i = 0; i < 150000; i++)
      text += i % 7 === 0 ? `<${i}>` : 'ab';
    return text.length + text.charCodeAt(text.length >> 1);
  },
  text_split() {
    const text = words(30000, 3).join(' ');
    let sum = 0;
    for (const word of text.split(' '))
      sum += word.toUpperCase().indexOf('E') + word.slice(1).length;
    return sum + text.replaceAll('ab', 'xyz').length;
  },
  json_parse() {
    const text = this.text ??= JSON.stringify(records(4000));
    return JSON.parse(text).length + JSON.parse(text)[17].place.number;
  },
  json_stringify() {
    const list = this.list ??= records(4000);
    return JSON.stringify(list).length + JSON.stringify(list, null, 2).length;
  },
  map_count() {
    const counts = new Map();
    const list = this.words ??= words(60000, 4).map((word) => word.slice(0, 4));
    for (const word of list)
      counts.set(word, (counts.get(word) ?? 0) + 1);
    let most = 0;
    for (const count of counts.values())
      most = Math.max(most, count);
    return counts.size + most;
  },
  object_count() {
    const counts = Object.create(null);
    const list = this.short ??= words(60000, 5).map((word) => word.slice(0, 3));
    for (const word of list)
      counts[word] = (counts[word] ?? 0) + 1;
    return Object.keys(counts).sort().length;
  },
  array_pipeline() {
    const list = this.all ??= records(8000);
    const chosen = list.filter((one) => one.is_open).map((one) =>
      ({ ...one, cost: one.price * one.place.number }))
      .sort((a, b) => a.cost - b.cost || a.id - b.id);
    return chosen.reduce((sum, one) => sum + one.id, 0) + chosen[0].id;
  },
  typed_fill() {
    const size = 512, image = new Float64Array(size * size);
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        image[y * size + x] = Math.sin(x * 0.01) * Math.cos(y * 0.01);
    for (let turn = 0; turn < 4; turn++)
      for (let at = size; at < image.length - size; at++)
        image[at] = (image[at - 1] + image[at + 1] + image[at - size] +
          image[at + size]) / 4;
    return Math.round(image[size * 200 + 100] * 1e6);
  },
  typed_hash() {
    const bytes = new Uint8Array(1 << 20);
    let hash = 2166136261;
    for (let turn = 0; turn < 4; turn++)
      for (let i = 0; i < bytes.length; i++) {
        bytes[i] += i ^ turn;
        hash = Math.imul(hash ^ bytes[i], 16777619);
      }
    return hash >>> 0;
  },
  regex_match() {
    const text = this.page ??= words(20000, 6).map((word, i) =>
      i % 5 ? word : `<a href="/${word}?id=${i}">${word}</a>`).join(' ');
    let sum = 0;
    for (const [, path, id] of text.matchAll(
      /<a\s+href="\/([a-z]+)\?id=(\d+)">[^<]*<\/a>/g))
      sum += path.length + Number(id);
    return sum;
  },
  regex_replace() {
    const text = this.lines ??= words(40000, 9).join('\n');
    return text.replace(/^([a-m]+)([n-z]*)/gm, '$2-$1').length +
      text.replace(/[aeiou]{2,}/g, (all) => all.toUpperCase()).length;
  },
};

const names = Object.keys(kinds);
const runs = 5;

async function task(round) {
  const name = names[round];
  if (!name)
    return null;
  const kept = {};
  let ms = Infinity, value;
  for (let i = 0; i < 2 * runs; i++) {
    const began = performance.now();
    value = kinds[name].call(kept);
    const taken = performance.now() - began;
    if (i >= runs)
      ms = Math.min(ms, taken);
  }
  return { name, ms, value };
}

const nothing = () => {};
initializeTaskManager({ setup: nothing, task, submission: nothing,
  audit: nothing, distribution: nothing, routes: nothing });
