/*
 * node:fs: calls that work, calls that fail, and arguments of many kinds. Every
 * case leaves the folder as the next expects it.
 */
'use strict';

const fs = require('fs');
const path = require('path');

const strange = () => [undefined, null, '', 5, -1, 1.5, NaN, true, {}, [], 'x',
  Symbol.iterator, () => 1, 5n, Buffer.from('b')];

/* What a stat says that does not depend on the machine or the time. */
const plain = (stats) => [stats.isFile(), stats.isDirectory(),
  stats.isSymbolicLink(), stats.isFIFO(), stats.isDirectory() ? 0 : stats.size,
  stats.mode, stats.isDirectory() ? 0 : stats.nlink];

function make_tree() {
  fs.rmSync('t', { recursive: true, force: true });
  fs.mkdirSync('t/d/e', { recursive: true });
  fs.writeFileSync('t/f', 'content');
  fs.writeFileSync('t/d/g', '12');
  fs.writeFileSync('t/d/e/h', '');
}

/* Paths that are there, that are not, and that lead through a file. */
const paths = ['t', 't/', 't/f', 't/f/', 't/d/../f', './t//f', 't/none',
  't/none/deep', 't/f/x', 't/d', '', '.', 't/d/.', 't/d/e/h'];

const readers = {
  stat: (each) => plain(fs.statSync(each)),
  lstat: (each) => plain(fs.lstatSync(each)),
  'stat without an error': (each) =>
    typeof fs.statSync(each, { throwIfNoEntry: false }),
  exists: (each) => fs.existsSync(each),
  access: (each) => fs.accessSync(each, fs.constants.R_OK),
  readFile: (each) => fs.readFileSync(each),
  'readFile as text': (each) => fs.readFileSync(each, 'latin1'),
  readdir: (each) => fs.readdirSync(each),
  'readdir of all': (each) => fs.readdirSync(each, { recursive: true }).sort(),
  'readdir with types': (each) =>
    fs.readdirSync(each, { withFileTypes: true }).map((entry) =>
      [entry.name, entry.isDirectory(), entry.parentPath]),
  readlink: (each) => fs.readlinkSync(each),
  realpath: (each) => path.relative(process.cwd(), fs.realpathSync(each)),
  open: (each) => fs.closeSync(fs.openSync(each)),
};

const writers = {
  mkdir: (each) => fs.mkdirSync(each),
  'mkdir of all': (each) => fs.mkdirSync(each, { recursive: true }),
  rmdir: (each) => fs.rmdirSync(each),
  rm: (each) => fs.rmSync(each),
  'rm by force': (each) => fs.rmSync(each, { force: true }),
  'rm of all': (each) => each && path.normalize(each) !== '.'
    ? fs.rmSync(each, { recursive: true }) : 'not tried',
  unlink: (each) => fs.unlinkSync(each),
  truncate: (each) => fs.truncateSync(each, 3),
  chmod: (each) => fs.chmodSync(each, 0o755),
  utimes: (each) => fs.utimesSync(each, 1, 2),
  writeFile: (each) => fs.writeFileSync(each, 'new'),
  appendFile: (each) => fs.appendFileSync(each, 'more'),
  'writeFile, new': (each) => fs.writeFileSync(each, '', { flag: 'wx' }),
  rename: (each) => fs.renameSync(each, 't/renamed'),
  'rename onto it': (each) => fs.renameSync('t/d/g', each),
  copyFile: (each) => fs.copyFileSync(each, 't/copy'),
  'copyFile onto it': (each) => fs.copyFileSync('t/d/g', each),
  link: (each) => fs.linkSync(each, 't/link'),
  cp: (each) => fs.cpSync(each, 't/cp'),
  'cp of all': (each) => fs.cpSync(each, 'c', { recursive: true }),
  mkdtemp: (each) => typeof fs.mkdtempSync(path.join(each, 'x')),
};

/* The tree's names after a call. Made names are random. */
const tree = () => fs.existsSync('t') && fs.readdirSync('t',
  { recursive: true }).filter((name) => !/x\w{6}$/.test(name)).sort();

function add_paths(run) {
  make_tree();
  for (const each of paths)
    for (const [name, own] of Object.entries(readers))
      /* libuv names a mistake in listing all by another call. */
      if (name !== 'open' || !each.endsWith('f/'))
        run(`${name} ${each}`, () => own(each));
  for (const each of paths.filter((one) => !one.endsWith('/')))
    for (const [name, own] of Object.entries(writers)) {
      make_tree();
      fs.rmSync('c', { recursive: true, force: true });
      run(`${name} ${each}`, () => {
        const value = own(each);
        return [value, tree()];
      });
    }
}

function add_arguments(run) {
  make_tree();
  const names = ['readFileSync', 'statSync', 'lstatSync', 'existsSync',
    'accessSync', 'readdirSync', 'realpathSync', 'readlinkSync', 'unlinkSync',
    'rmSync', 'rmdirSync', 'openSync', 'closeSync', 'fstatSync', 'fsyncSync',
    'chmodSync', 'utimesSync', 'truncateSync', 'opendirSync', 'renameSync',
    'copyFileSync', 'writeFileSync', 'mkdtempSync', 'linkSync', 'readSync',
    'writeSync', 'ftruncateSync', 'cpSync'];
  for (const name of names)
    strange().forEach((value, at) => {
      /* Node's own descriptors are others, and some symbols end Node 20. */
      if (typeof value?.length === 'number' && name === 'mkdtempSync' ||
        value === 5 || name === 'opendirSync' || typeof value === 'symbol' ||
        typeof value === 'bigint')
        return;
      run(`${name} #${at}`, () => fs[name](value));
    });
  strange().forEach((value, at) => {
    run(`data #${at}`, () => fs.writeFileSync('data', value));
    if (value !== -1)
      run(`flags #${at}`, () => fs.openSync('t/none', value));
    run(`mode #${at}`, () => fs.chmodSync('t/none', value));
    run(`time #${at}`, () => fs.utimesSync('t/none', value, 1));
    run(`encoding #${at}`, () => fs.readFileSync('t/none', value));
    run(`length #${at}`, () => fs.truncateSync('t/none', value));
    run(`recursive #${at}`, () => fs.mkdirSync('t', { recursive: value }));
    run(`force #${at}`, () => fs.rmSync('t/none', { force: value }));
  });
}

function add_descriptors(run) {
  make_tree();
  const fd = fs.openSync('t/f', 'r+');
  const piece = Buffer.alloc(4);
  const read = (...values) => [fs.readSync(fd, piece, ...values),
    String(piece)];
  run('read', () => read());
  run('read on', () => read(0, 4, null));
  run('read at', () => read(1, 2, 1));
  run('read by options', () => read({ offset: 2, length: 1, position: 0 }));
  run('read past the end', () => read(0, 4, 100));
  for (const values of [[5], [0, 5], [-1], [0, -1], [1.5], ['a'], [0, 1, 'a'],
    [0, 1, -2], [0, 1, 1.5], [4, 1], [0, 0], [0, 1, 2n]])
    run(`read ${values.map(String)}`, () => read(...values));
  run('read into nothing', () => fs.readSync(fd, Buffer.alloc(0)));
  const write = (...values) => [fs.writeSync(fd, ...values),
    fs.readFileSync('t/f', 'latin1')];
  run('write a text', () => write('AB', 0));
  run('write hex', () => write('4344', 2, 'hex'));
  run('write bytes', () => write(Buffer.from('wxyz'), 1, 2, 0));
  run('write words', () => write(Uint16Array.of(0x4645), 0, 2, 4));
  for (const values of [[5], [0, 5], [-1], [0, -1], [1.5], ['a']])
    run(`write ${values.map(String)}`, () => write(Buffer.alloc(4),
      ...values));
  run('resize', () => [fs.ftruncateSync(fd, 3), fs.fstatSync(fd).size]);
  run('grow', () => [fs.ftruncateSync(fd, 6), fs.readFileSync('t/f')]);
  run('lists', () => {
    const parts = [Buffer.alloc(2), Buffer.alloc(8)];
    return [fs.writevSync(fd, [Buffer.from('1'), Buffer.from('23')], 0),
      fs.readvSync(fd, parts, 0), parts.map(String)];
  });
  run('times', () => {
    fs.futimesSync(fd, 1.5, new Date(2500));
    const stats = fs.fstatSync(fd, { bigint: true });
    return [String(stats.atimeNs), String(stats.mtimeMs),
      stats.mtime.toISOString(), typeof stats.ino];
  });
  run('mode', () => [fs.fchmodSync(fd, '640'), fs.fstatSync(fd).mode]);
  run('close', () => fs.closeSync(fd));
  for (const name of ['closeSync', 'fstatSync', 'fsyncSync', 'fdatasyncSync',
    'ftruncateSync'])
    run(`${name} of a closed one`, () => fs[name](fd));
  run('read of a closed one', () => fs.readSync(fd, piece));
  run('write to a closed one', () => fs.writeSync(fd, 'x'));
  run('names', () => Object.keys(fs).sort());
  run('promised names', () => Object.keys(fs.promises).sort());
  run('constants', () => Object.entries(fs.constants).sort());
  run('names of stats', () => Object.keys(fs.statSync('t')));
  run('names of big stats', () =>
    Object.keys(fs.statSync('t', { bigint: true })));
}

module.exports = function cases(run) {
  add_paths(run);
  add_arguments(run);
  add_descriptors(run);
};
