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
};
