const assert = require('assert');
const fs = require('fs');
const { readFile, writeFile, readdir, mkdir, rm, stat, rename } =
  require('fs/promises');
const path = require('path');

exports.checks = {
  async 'files are written, read, listed and removed'() {
    await mkdir('a/b', { recursive: true });
    await writeFile('a/b/one.txt', 'eins €');
    await fs.promises.appendFile('a/b/one.txt', '!');
    assert.strictEqual(await readFile('a/b/one.txt', 'utf8'), 'eins €!');
    assert.strictEqual((await readFile('a/b/one.txt')).length, 9);
    assert.deepStrictEqual(await readdir('a/b'), ['one.txt']);
    assert.strictEqual((await stat('a/b')).isDirectory(), true);
    assert.strictEqual((await stat('a/b/one.txt')).size, 9);
    await rename('a/b/one.txt', 'two.txt');
    assert.strictEqual(fs.existsSync('a/b/one.txt'), false);
    assert.strictEqual(fs.readFileSync(path.resolve('two.txt'), 'utf8'),
      'eins €!');
    await rm('a', { recursive: true });
    assert.deepStrictEqual(await readdir('.'), ['two.txt']);
    fs.unlinkSync('two.txt');
  },
  async 'errors have the codes of the system'() {
    await assert.rejects(readFile('none'), { code: 'ENOENT' });
    await mkdir('d');
    await assert.rejects(mkdir('d'), { code: 'EEXIST' });
    await assert.rejects(readFile('d'), { code: 'EISDIR' });
    await writeFile('d/x', '');
    await assert.rejects(writeFile('d/x', '', { flag: 'wx' }),
      { code: 'EEXIST' });
    await assert.rejects(fs.promises.rmdir('d'), { code: 'ENOTEMPTY' });
    await rm('d', { recursive: true });
    await rm('d', { force: true });
  },
  'errors name what was asked for'() {
    for (const [ask, expected] of [
      [() => fs.readFileSync('no/file'), { errno: -2, syscall: 'open',
        path: 'no/file',
        message: 'ENOENT: no such file or directory, open \'no/file\'' }],
      [() => fs.rmdirSync('none'), { errno: -2, syscall: 'rmdir',
        path: 'none' }],
      [() => fs.writeFileSync('.', ''), { errno: -21, syscall: 'open',
        message: 'EISDIR: illegal operation on a directory, open \'.\'' }],
      [() => fs.readFileSync(''), { code: 'ENOENT' }]])
      assert.throws(ask, expected);
    assert.strictEqual(fs.existsSync(''), false);
  },
  async 'nothing outside the folder is in reach'() {
    await assert.rejects(readFile('/etc/passwd'), { code: 'EACCES' });
    await assert.rejects(readFile('../../etc/passwd'), { code: 'EACCES' });
    await assert.rejects(writeFile('/tmp/pond-test-leak', 'x'),
      { code: 'EACCES' });
  },
  async 'callbacks'() {
    const text = await new Promise((resolve, reject) => {
      fs.writeFile('c.txt', 'c', (error) => error ? reject(error)
        : fs.readFile('c.txt', 'utf8', (fault, data) =>
          fault ? reject(fault) : resolve(data)));
    });
    assert.strictEqual(text, 'c');
    fs.unlinkSync('c.txt');
  },
  async 'what is no path, no data and no option is refused'() {
    const wrong = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
    for (const data of [undefined, null, 5, true, {}, [1], () => 1,
      new ArrayBuffer(2), Symbol('x')]) {
      assert.throws(() => fs.writeFileSync('w', data), wrong);
      assert.throws(() => fs.appendFileSync('w', data), wrong);
      assert.throws(() => fs.writeFile('w', data, () => {}), wrong);
      assert.strictEqual(fs.existsSync('w'), false);
      await assert.rejects(writeFile('w', data), wrong);
      await assert.rejects(fs.promises.appendFile('w', data), wrong);
      /* The promised forms take lists, and read them once the file is open. */
      fs.rmSync('w', { force: true });
    }
    for (const way of ['readFile', 'readdir', 'mkdir', 'rm', 'rmdir', 'unlink',
      'stat', 'lstat', 'access'])
      for (const none of [undefined, null, 5, {}, [], true]) {
        /* A number is a descriptor. */
        if (way !== 'readFile' || none !== 5) {
          assert.throws(() => fs[`${way}Sync`](none), wrong);
          assert.throws(() => fs[way](none, () => {}), wrong);
        }
        await assert.rejects(fs.promises[way](none), wrong);
      }
    assert.throws(() => fs.renameSync('a'), wrong);
    assert.throws(() => fs.renameSync(undefined, 'a'), wrong);
    assert.throws(() => fs.copyFileSync('a', 5), wrong);
    assert.throws(() => fs.writeFileSync(undefined, 'x'), wrong);
    assert.throws(() => fs.readFile('a'), wrong);
    assert.throws(() => fs.readFileSync('a', 5), wrong);
    assert.throws(() => fs.mkdirSync('a', { recursive: 'yes' }), wrong);
    assert.throws(() => fs.rmSync('a', { force: 1 }), wrong);
    const value = { code: 'ERR_INVALID_ARG_VALUE' };
    assert.throws(() => fs.readFileSync('a', 'rot13'), value);
    assert.throws(() => fs.readFileSync('a', { encoding: '__proto__' }), value);
    assert.throws(() => fs.readFileSync('a\0b'), value);
    assert.throws(() => fs.writeFileSync('a', '', { flag: 'constructor' }),
      value);
    assert.strictEqual(fs.existsSync(undefined), false);
    assert.deepStrictEqual(fs.readdirSync('.'), []);
  },
  'paths are texts, bytes and file URLs; data is texts and views'() {
    fs.writeFileSync(Buffer.from('p'), new DataView(new ArrayBuffer(2)));
    assert.strictEqual(fs.statSync(new URL(`file://${path.resolve('p')}`)).size,
      2);
    fs.writeFileSync('p', Uint16Array.of(0x6161));
    fs.appendFileSync('p', '6262', 'hex');
    assert.strictEqual(fs.readFileSync('p', 'latin1'), 'aabb');
    assert.ok(Buffer.isBuffer(fs.readFileSync('p', { encoding: '' })));
    assert.throws(() => fs.statSync(new URL('http://a/p')),
      { code: 'ERR_INVALID_URL_SCHEME' });
    assert.throws(() => fs.copyFileSync('p', 'p', fs.constants.COPYFILE_EXCL),
      { code: 'EEXIST' });
    assert.strictEqual(fs.statSync('q', { throwIfNoEntry: false }), undefined);
    fs.unlinkSync('p');
    assert.strictEqual(fs.mkdirSync('m/n', { recursive: true }),
      'm');
    assert.strictEqual(fs.mkdirSync('m/n/', { recursive: true }), undefined);
    assert.throws(() => fs.rmSync('m'), { code: 'ERR_FS_EISDIR' });
    const [entry] = fs.readdirSync('m', { withFileTypes: true });
    assert.deepStrictEqual([entry.name, entry.isDirectory(), entry.isFIFO()],
      ['n', true, false]);
    fs.rmSync('m', { recursive: true });
  },
};
