const assert = require('node:assert');
const path = require('path');
const modules = require('module');

exports.checks = {
  'a name may have the prefix "node:" or one "/" at its end'() {
    assert.strictEqual(require('node:util'), require('util'));
    assert.strictEqual(require('node:fs/promises'), require('fs').promises);
    assert.throws(() => require('util//'), { code: 'MODULE_NOT_FOUND' });
    assert.throws(() => require('node:left-pad'),
      { code: 'ERR_UNKNOWN_BUILTIN_MODULE' });
    assert.throws(() => require('left-pad'), (error) =>
      error.code === 'MODULE_NOT_FOUND' &&
      error.requireStack.includes(__filename));
    assert.throws(() => require(''), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => require(7), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => require('constructor'), { code: 'MODULE_NOT_FOUND' });
  },
  'require() knows the main module'() {
    assert.ok(path.isAbsolute(__filename));
    assert.strictEqual(path.dirname(__filename), __dirname);
    assert.strictEqual(module.filename, __filename);
    assert.strictEqual(require.cache[__filename], module);
    assert.ok(module instanceof modules);
    assert.strictEqual(module.require('util'), require('util'));
    assert.strictEqual(require.resolve('node:util'), 'node:util');
    assert.strictEqual(require.resolve.paths('util'), null);
    assert.throws(() => require.resolve('left-pad'),
      { code: 'MODULE_NOT_FOUND' });
  },
  'every module that Node 20 lists is there'() {
    for (const name of modules.builtinModules)
      assert.ok(require(name), name);
    for (const name of ['_stream_readable', '_http_agent', 'sys', 'constants',
      'dns/promises', 'inspector/promises', 'path/win32', 'wasi'])
      assert.ok(modules.builtinModules.includes(name), name);
    assert.strictEqual(require('_stream_readable'),
      require('stream').Readable);
    assert.ok(!modules.builtinModules.includes('test'));
    assert.ok(modules.isBuiltin('node:test'));
    assert.ok(!modules.isBuiltin('test'));
  },
  'vm runs scripts in the one context'() {
    const vm = require('vm');
    assert.strictEqual(vm.runInThisContext('1 + 1'), 2);
    const script = new vm.Script('typeof require', 'own.js');
    assert.strictEqual(script.runInThisContext(), 'undefined');
    assert.throws(() => new vm.Script('a b'), SyntaxError);
    assert.throws(() => vm.runInThisContext('\n\nnobody()',
      { filename: 'own-script.js' }), (error) =>
      error instanceof ReferenceError && /own-script\.js:3/.test(error.stack));
    assert.strictEqual(vm.compileFunction('return a + b', ['a', 'b'])(1, 2), 3);
    assert.throws(() => vm.compileFunction('', ['a) {} (']), SyntaxError);
    assert.strictEqual(vm.isContext({}), false);
  },
  'node:module'() {
    assert.ok(modules.builtinModules.includes('util/types'));
    assert.ok(modules.isBuiltin('node:util'));
    assert.ok(!modules.isBuiltin('left-pad'));
    for (const from of [__filename, `file://${__filename}`,
      new URL(`file://${__filename}`)])
      assert.strictEqual(modules.createRequire(from)('util'), require('util'));
    assert.throws(() => modules.createRequire('main.js'),
      { code: 'ERR_INVALID_ARG_VALUE' });
    assert.strictEqual(modules.wrap('x'), modules.wrapper.join('x'));
    assert.deepStrictEqual(modules._nodeModulePaths('/a/node_modules/b'),
      ['/a/node_modules/b/node_modules', '/a/node_modules', '/node_modules']);
  },
};
