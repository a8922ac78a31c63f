const assert = require('assert');
const fs = require('fs');
const { once } = require('events');
const { pipeline } = require('stream/promises');
const { Readable } = require('stream');

const fails = (own, expected) => assert.throws(own, expected);

exports.checks = {
  'descriptors are read and written at places'() {
    fs.writeFileSync('a.txt', 'hello world');
    const fd = fs.openSync('a.txt', 'r+');
    const piece = Buffer.alloc(5);
    assert.strictEqual(fs.readSync(fd, piece), 5);
    assert.strictEqual(String(piece), 'hello');
    assert.strictEqual(fs.readSync(fd, piece, { position: 6, length: 3 }), 3);
    assert.strictEqual(String(piece), 'worlo');
    assert.strictEqual(fs.writeSync(fd, 'HE', 0), 2);
    assert.strictEqual(fs.writeSync(fd, Buffer.from('xyz'), 1, 2, 9), 2);
    assert.strictEqual(fs.readFileSync('a.txt', 'utf8'), 'HEllo woryz');
    fs.ftruncateSync(fd, 4);
    assert.strictEqual(fs.fstatSync(fd).size, 4);
    const parts = [Buffer.alloc(3), Buffer.alloc(3)];
    assert.strictEqual(fs.readvSync(fd, parts, 0), 4);
    assert.strictEqual(fs.writevSync(fd, [Buffer.from('1'), Buffer.from('2')],
      0), 2);
    fs.futimesSync(fd, 1.5, new Date(2500));
    assert.strictEqual(fs.fstatSync(fd).atimeMs, 1500);
    assert.strictEqual(fs.fstatSync(fd, { bigint: true }).mtimeNs,
      2500000000n);
    fs.fsyncSync(fd);
    fs.fdatasyncSync(fd);
    fs.closeSync(fd);
    fails(() => fs.closeSync(fd), { code: 'EBADF', syscall: 'close',
      message: 'EBADF: bad file descriptor, close' });
    fs.unlinkSync('a.txt');
  },
  'the worker\'s own descriptors are out of reach'() {
    for (const fd of [0, 3, 4, 5, 6, 7, 8, 63, 64, 1000]) {
      fails(() => fs.closeSync(fd), { code: 'EBADF' });
      fails(() => fs.fstatSync(fd), { code: 'EBADF' });
      fails(() => fs.readSync(fd, Buffer.alloc(1)), { code: 'EBADF' });
      fails(() => fs.writeSync(fd, 'x'), { code: 'EBADF' });
    }
  },
  'a task has as many files open as the limit says'() {
    const open = [];
    fails(() => {
      for (;;)
        open.push(fs.openSync('many', 'w'));
    }, { code: 'EMFILE', syscall: 'open' });
    assert.strictEqual(open.length, 32);
    open.forEach((fd) => fs.closeSync(fd));
    fs.closeSync(fs.openSync('many'));
    fs.unlinkSync('many');
  },
  'no name leads out of the folder'() {
    fs.writeFileSync('in', 'x');
    const refused = { code: 'EACCES' };
    for (const own of [() => fs.openSync('/etc/passwd'),
      () => fs.openSync('../x', 'w'), () => fs.renameSync('in', '../out'),
      () => fs.linkSync('/etc/passwd', 'own'), () => fs.linkSync('in', '../o'),
      () => fs.copyFileSync('/etc/passwd', 'own'), () => fs.opendirSync('/'),
      () => fs.chmodSync('/etc', 0o777), () => fs.utimesSync('/etc', 1, 1),
      () => fs.cpSync('/etc', 'own', { recursive: true }),
      () => fs.truncateSync('/etc/passwd'), () => fs.mkdtempSync('/tmp/x'),
      () => fs.realpathSync('/etc')])
      fails(own, refused);
    fails(() => fs.symlinkSync('/etc', 'link'), { code: 'EPERM', path: '/etc',
      dest: 'link', syscall: 'symlink' });
    fs.chmodSync('in', 0o4755);
    assert.strictEqual(fs.statSync('in').mode, 0o100755);
    fs.unlinkSync('in');
  },
  'names are changed'() {
    fs.mkdirSync('d/e/f', { recursive: true });
    fs.writeFileSync('d/e/x', '1');
    fs.writeFileSync('d/y', '22');
    assert.deepStrictEqual(fs.readdirSync('d', { recursive: true }),
      ['e', 'y', 'e/f', 'e/x']);
    fs.cpSync('d', 'c', { recursive: true, preserveTimestamps: true });
    assert.deepStrictEqual(fs.readdirSync('c', { recursive: true }),
      ['e', 'y', 'e/f', 'e/x']);
    fails(() => fs.cpSync('d', 'd/e/g', { recursive: true }),
      { code: 'ERR_FS_CP_EINVAL' });
    fails(() => fs.cpSync('d/y', 'c/y', { force: false, errorOnExist: true }),
      { code: 'ERR_FS_CP_EEXIST' });
    fs.linkSync('d/y', 'd/z');
    assert.strictEqual(fs.statSync('d/z').nlink, 2);
    fs.chmodSync('d/z', '600');
    assert.strictEqual(fs.statSync('d/y').mode & 0o777, 0o600);
    assert.match(fs.mkdtempSync('q-'), /^q-\w{6}$/);
    assert.strictEqual(fs.realpathSync('./d/../c'), `${process.cwd()}/c`);
    const folder = fs.opendirSync('d');
    assert.strictEqual(folder.readSync().name, 'e');
    folder.closeSync();
    fails(() => folder.readSync(), { code: 'ERR_DIR_CLOSED' });
    for (const [entry] of fs.readdirSync('.').map((name) => [name]))
      fs.rmSync(entry, { recursive: true });
  },
  'errors have Node\'s code, number, call, paths and words'() {
    const piece = Buffer.alloc(1);
    for (const [own, code, errno, syscall, text] of [
      [() => fs.renameSync('no', 'b'), 'ENOENT', -2, 'rename',
        'no such file or directory, rename \'no\' -> \'b\''],
      [() => fs.copyFileSync('no', 'b'), 'ENOENT', -2, 'copyfile',
        'no such file or directory, copyfile \'no\' -> \'b\''],
      [() => fs.mkdtempSync('no/x'), 'ENOENT', -2, 'mkdtemp',
        'no such file or directory, mkdtemp \'no/xXXXXXX\''],
      [() => fs.rmSync('no'), 'ENOENT', -2, 'lstat',
        'no such file or directory, lstat \'no\''],
      [() => fs.accessSync('no'), 'ENOENT', -2, 'access',
        'no such file or directory, access \'no\''],
      [() => fs.readlinkSync('.'), 'EINVAL', -22, 'readlink',
        'invalid argument, readlink \'.\''],
      [() => fs.mkdirSync('.'), 'EEXIST', -17, 'mkdir',
        'file already exists, mkdir \'.\''],
      [() => fs.readSync(99, piece), 'EBADF', -9, 'read',
        'bad file descriptor, read'],
      [() => fs.utimesSync('no', 1, 1), 'ENOENT', -2, 'utime',
        'no such file or directory, utime \'no\'']])
      fails(own, { code, errno, syscall, message: `${code}: ${text}` });
    for (const [own, code] of [
      [() => fs.openSync('x', 'zz'), 'ERR_INVALID_ARG_VALUE'],
      [() => fs.closeSync('x'), 'ERR_INVALID_ARG_TYPE'],
      [() => fs.closeSync(-1), 'ERR_OUT_OF_RANGE'],
      [() => fs.chmodSync('x', '9'), 'ERR_INVALID_ARG_VALUE'],
      [() => fs.utimesSync('x', 'a', 'b'), 'ERR_INVALID_ARG_TYPE'],
      [() => fs.readSync(1, piece, 2, 1), 'ERR_OUT_OF_RANGE'],
      [() => fs.writeSync(1, piece, 0, 3), 'ERR_OUT_OF_RANGE'],
      [() => fs.writeSync(1, undefined), 'ERR_INVALID_ARG_TYPE'],
      [() => fs.createReadStream('x', { start: 2, end: 1 }),
        'ERR_OUT_OF_RANGE'],
      [() => fs.watch('x'), 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM']])
      fails(own, { code });
  },
  async 'streams read and write files piece by piece'() {
    const out = fs.createWriteStream('s.bin');
    assert.strictEqual(out.pending, true);
    const opened = once(out, 'open');
    out.write('x'.repeat(100000));
    out.end('end');
    assert.strictEqual(typeof (await opened)[0], 'number');
    await once(out, 'close');
    assert.strictEqual(out.bytesWritten, 100003);
    const sizes = [];
    for await (const chunk of fs.createReadStream('s.bin'))
      sizes.push(chunk.length);
    assert.deepStrictEqual(sizes, [65536, 34467]);
    let text = '';
    for await (const chunk of fs.createReadStream('s.bin', { start: 99998,
      end: 100001, encoding: 'utf8' }))
      text += chunk;
    assert.strictEqual(text, 'xxen');
    await pipeline(fs.createReadStream('s.bin'),
      fs.createWriteStream('t.bin'));
    await pipeline(Readable.from(['!']),
      fs.createWriteStream('t.bin', { flags: 'a' }));
    await pipeline(Readable.from(['AB']),
      fs.createWriteStream('t.bin', { flags: 'r+', start: 1 }));
    assert.strictEqual(fs.readFileSync('t.bin', 'latin1').slice(0, 4), 'xABx');
    assert.strictEqual(fs.statSync('t.bin').size, 100004);
    const [error] = await once(fs.createReadStream('no'), 'error');
    assert.strictEqual(error.message,
      'ENOENT: no such file or directory, open \'no\'');
    fs.rmSync('s.bin');
    fs.rmSync('t.bin');
  },
  'packages may put classes of their own before the streams'() {
    const Original = fs.ReadStream;
    function Own(...values) {
      return Original.apply(this, values);
    }
    Own.prototype = Object.create(Original.prototype);
    Own.prototype.open = function () {
      this.emit('error', new Error('mine'));
    };
    const stream = new Own('x');
    return once(stream, 'error').then(([error]) =>
      assert.strictEqual(error.message, 'mine'));
  },
  async 'file handles'() {
    const file = await fs.promises.open('h.txt', 'w+');
    await file.write('abc\n');
    await file.write(Buffer.from('def'), 0, 2);
    assert.strictEqual((await file.stat()).size, 6);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 1);
    assert.deepStrictEqual([bytesRead, String(buffer)], [4, 'bc\nd']);
    await file.truncate(5);
    await file.close();
    await file.close();
    await assert.rejects(file.stat(), { code: 'EBADF' });
    const lines = [];
    for await (const line of (await fs.promises.open('h.txt')).readLines())
      lines.push(line);
    assert.deepStrictEqual(lines, ['abc', 'd']);
    await fs.promises.writeFile('h.txt', ['a', 'b']);
    await fs.promises.appendFile('h.txt', Readable.from(['c']));
    assert.strictEqual(await fs.promises.readFile('h.txt', 'utf8'), 'abc');
    await assert.rejects(fs.promises.readFile('h.txt',
      { signal: AbortSignal.abort() }), { name: 'AbortError' });
    await fs.promises.rm('h.txt');
  },
  async 'callbacks of reading get the buffer, promised forms both'() {
    const { promisify } = require('util');
    fs.writeFileSync('c.txt', 'xyz');
    const fd = await promisify(fs.open)('c.txt', 'r');
    const got = await promisify(fs.read)(fd, Buffer.alloc(2), 0, 2, 1);
    assert.deepStrictEqual([got.bytesRead, String(got.buffer)], [2, 'yz']);
    const [count, buffer] = await new Promise((resolve) =>
      fs.read(fd, (error, ...values) => resolve(values)));
    assert.deepStrictEqual([count, buffer.length], [3, 16384]);
    await promisify(fs.close)(fd);
    assert.strictEqual(await promisify(fs.exists)('c.txt'), true);
    const error = await new Promise((resolve) => fs.readFile('c.txt',
      { signal: AbortSignal.abort() }, resolve));
    assert.strictEqual(error.name, 'AbortError');
    fs.unlinkSync('c.txt');
  },
};
