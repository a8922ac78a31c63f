/* What differs from NeDB, or is of the task's own database. */
const assert = require('assert');
const fs = require('fs');
const { namespaceWrapper } = require('@_koii/namespace-wrapper');

exports.checks = {
  async 'a task has one database, in its folder'() {
    const db = await namespaceWrapper.getDb();
    assert.strictEqual(await namespaceWrapper.getDb(), db);
    await db.insert({ _id: 'round', n: 1 });
    assert.strictEqual(
      fs.readFileSync(await namespaceWrapper.getTaskDBPath(), 'utf8'),
      '{"_id":"round","n":1}\n');
    assert.deepStrictEqual(await db.constructor
      .create(await namespaceWrapper.getTaskDBPath()).findOne({}),
    { _id: 'round', n: 1 });
  },
  async 'callbacks'() {
    const db = (await namespaceWrapper.getDb()).constructor.create();
    const call = (name, ...values) => new Promise((resolve) =>
      db[name](...values, (...answer) => resolve(answer)));
    assert.deepStrictEqual(await call('insert', { _id: 'a', n: 1 }),
      [null, { _id: 'a', n: 1 }]);
    assert.deepStrictEqual(await call('find', { n: 1 }),
      [null, [{ _id: 'a', n: 1 }]]);
    assert.deepStrictEqual(await call('findOne', { n: 1 }, { n: 1 }),
      [null, { _id: 'a', n: 1 }]);
    assert.deepStrictEqual(
      (await call('update', { n: 1 }, { $inc: { n: 1 } }, {})).slice(0, 2),
      [null, 1]);
    assert.deepStrictEqual(await call('count', {}), [null, 1]);
    assert.match((await call('find', { $bad: 1 }))[0].message, /bad/);
    assert.deepStrictEqual(await call('remove', {}, {}), [null, 1]);
    const found = await new Promise((resolve) => db.find({}).sort({ n: 1 })
      .exec((...answer) => resolve(answer)));
    assert.deepStrictEqual(found, [null, []]);
  },
  async '$rename'() {
    const db = (await namespaceWrapper.getDb()).constructor.create();
    await db.insert({ _id: 'a', old: 1, deep: { x: 2 } });
    await db.update({}, { $rename: { old: 'new', 'deep.x': 'y', no: 'z' } });
    assert.deepStrictEqual(await db.findOne({}),
      { _id: 'a', new: 1, deep: {}, y: 2 });
    await assert.rejects(db.update({}, { $rename: { new: 5 } }), /\$rename/);
  },
  async 'names of strangers are names'() {
    const db = (await namespaceWrapper.getDb()).constructor.create();
    await db.insert(JSON.parse('{"_id":"a","__proto__":{"x":1}}'));
    await db.update({}, { $set: { '__proto__.y': 2, 'constructor.z': 3 } });
    assert.strictEqual({}.x, undefined);
    assert.strictEqual({}.y, undefined);
    assert.strictEqual(Object.z, undefined);
    assert.strictEqual(await db.count({ '__proto__.y': 2 }), 1);
    assert.strictEqual(await db.count({ toString: { $exists: true } }), 0);
  },
  async 'a file does not grow for ever'() {
    const path = `${await namespaceWrapper.getBasePath()}/counts.db`;
    const db = (await namespaceWrapper.getDb()).constructor.create(path);
    await db.insert({ _id: 'n', n: 0 });
    for (let i = 0; i < 1500; i++)
      await db.update({ _id: 'n' }, { $inc: { n: 1 } });
    assert.ok(fs.readFileSync(path, 'utf8').split('\n').length < 1010);
    assert.deepStrictEqual(await db.constructor.create(path).findOne({}),
      { _id: 'n', n: 1500 });
    fs.rmSync(path);
  },
};
