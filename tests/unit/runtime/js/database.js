/* Most of it holds for nedb-promises under Node as well, which is how the
 * expected values were found. */
const assert = require('assert');
const fs = require('fs');
const { namespaceWrapper } = require('@_koii/namespace-wrapper');

const make = async (path) =>
  (await namespaceWrapper.getDb()).constructor.create(path);

const people = [
  { _id: '1', name: 'Ada', age: 36, tags: ['a', 'b'], at: { city: 'London' },
    born: new Date(10) },
  { _id: '2', name: 'Bo', age: 7, tags: [], at: { city: 'Oslo', zip: 1 },
    born: new Date(30) },
  { _id: '3', name: 'Cy', tags: ['b', 'c', 'd'], list: [{ n: 1 }, { n: 5 }],
    born: new Date(20) },
];

async function filled() {
  const db = await make();
  await db.insert(people);
  return db;
}

const ids = async (found) => (await found).map(({ _id }) => _id).join();

exports.checks = {
  async 'queries'() {
    const db = await filled();
    for (const [query, expected] of [
      [{}, '1,2,3'], [{ name: 'Bo' }, '2'], [{ 'at.city': 'Oslo' }, '2'],
      [{ at: { city: 'Oslo' } }, ''], [{ tags: 'b' }, '1,3'],
      [{ tags: ['a', 'b'] }, '1'], [{ age: { $gt: 7 } }, '1'],
      [{ age: { $gte: 7, $lt: 36 } }, '2'], [{ age: { $lte: 7 } }, '2'],
      [{ age: { $ne: 7 } }, '1,3'], [{ age: { $exists: false } }, '3'],
      [{ name: { $in: ['Ada', 'Cy'] } }, '1,3'],
      [{ name: { $nin: ['Ada', 'Cy'] } }, '2'], [{ name: /^[AB]/ }, '1,2'],
      [{ name: { $regex: /y/, $ne: 'x' } }, '3'], [{ tags: { $size: 2 } }, '1'],
      [{ list: { $elemMatch: { n: { $gt: 4 } } } }, '3'],
      [{ 'list.n': 5 }, '3'], [{ 'list.1.n': 5 }, '3'],
      [{ 'list.0.n': 5 }, ''], [{ born: { $lt: new Date(25) } }, '1,3'],
      [{ born: new Date(30) }, '2'],
      [{ $or: [{ age: 7 }, { name: 'Cy' }] }, '2,3'],
      [{ $and: [{ tags: 'b' }, { age: 36 }] }, '1'],
      [{ $not: { tags: 'b' } }, '2'],
      [{ $where() { return this.tags.length === 3; } }, '3'],
      [{ __proto__: null, constructor: 1 }, ''],
    ])
      assert.strictEqual(await ids(db.find(query)), expected,
        JSON.stringify(query));
    for (const [query, text] of [
      [{ $bad: 1 }, 'Unknown logical operator $bad'],
      [{ age: { $bad: 1 } }, 'Unknown comparison function $bad'],
      [{ age: { $in: 1 } }, '$in operator called with a non-array'],
      [{ age: { $lt: 1, x: 2 } }, 'You cannot mix operators and normal fields'],
    ])
      await assert.rejects(db.find(query), { message: text });
  },
  async 'sort, skip, limit, projection, count'() {
    const db = await filled();
    assert.strictEqual(await ids(db.find({}).sort({ name: -1 })), '3,2,1');
    assert.strictEqual(await ids(db.find({}).sort({ born: 1 })), '1,3,2');
    /* Without the field a document comes first. */
    assert.strictEqual(await ids(db.find({}).sort({ age: 1 })), '3,2,1');
    assert.strictEqual(
      await ids(db.find({}).sort({ age: -1 }).skip(1).limit(1)), '2');
    assert.strictEqual(await db.count({ tags: 'b' }), 2);
    assert.deepStrictEqual(await db.findOne({ _id: '2' }, { name: 1 }),
      { _id: '2', name: 'Bo' });
    assert.deepStrictEqual(
      await db.findOne({ _id: '2' }, { name: 1, 'at.city': 1, _id: 0 }),
      { name: 'Bo', at: { city: 'Oslo' } });
    assert.deepStrictEqual(Object.keys(await db.findOne({ _id: '2' },
      { tags: 0, born: 0 })).sort(), ['_id', 'age', 'at', 'name']);
    assert.strictEqual(await db.findOne({ _id: 'x' }), null);
  },
  async 'updates'() {
    const db = await make();
    await db.insert({ _id: '1', n: 1, list: [1, 2], deep: { a: 1 } });
    const one = { _id: '1' };
    for (const [update, expected] of [
      [{ $set: { 'deep.b': 2 }, $inc: { n: 4, m: 1 } },
        { _id: '1', n: 5, list: [1, 2], deep: { a: 1, b: 2 }, m: 1 }],
      [{ $unset: { m: true, 'deep.a': 1 }, $push: { list: 3 } },
        { _id: '1', n: 5, list: [1, 2, 3], deep: { b: 2 } }],
      [{ $push: { list: { $each: [4, 5], $slice: -3 } } },
        { _id: '1', n: 5, list: [3, 4, 5], deep: { b: 2 } }],
      [{ $addToSet: { list: { $each: [3, 6] } } },
        { _id: '1', n: 5, list: [3, 4, 5, 6], deep: { b: 2 } }],
      [{ $pop: { list: 1 }, $min: { n: 2 }, $max: { 'deep.b': 9 } },
        { _id: '1', n: 2, list: [3, 4, 5], deep: { b: 9 } }],
      [{ $pull: { list: { $in: [3, 4] } } },
        { _id: '1', n: 2, list: [5], deep: { b: 9 } }],
      [{ plain: true }, { _id: '1', plain: true }],
    ]) {
      assert.strictEqual(await db.update(one, update), 1);
      assert.deepStrictEqual(await db.findOne(one), expected);
    }
    await assert.rejects(db.update(one, { $set: { a: 1 }, b: 1 }),
      { message: 'You cannot mix modifiers and normal fields' });
    await assert.rejects(db.update(one, { $set: { _id: '2' } }),
      { message: 'You can\'t change a document\'s _id' });
    await assert.rejects(db.insert({ 'a.b': 1 }),
      { message: 'Field names cannot contain a .' });
    await assert.rejects(db.insert({ $a: 1 }),
      { message: 'Field names cannot begin with the $ character' });
  },
  async 'upsert, multi, remove'() {
    const db = await filled();
    assert.strictEqual(await db.update({ key: 'a' }, { key: 'a', a: 1 },
      { upsert: true }), 1);
    await db.update({ key: 'b', n: { $gt: 1 } }, { $set: { b: 1 } },
      { upsert: true });
    assert.deepStrictEqual(await db.findOne({ key: 'b' }, { _id: 0 }),
      { key: 'b', n: {}, b: 1 });
    assert.match((await db.findOne({ key: 'a' }))._id, /^[0-9A-Za-z]{16}$/);
    assert.strictEqual(await db.update({ tags: 'b' }, { $set: { x: 1 } }), 1);
    assert.strictEqual(await db.update({ tags: 'b' }, { $set: { x: 2 } },
      { multi: true }), 2);
    assert.deepStrictEqual((await db.update({ _id: '1' }, { $set: { x: 3 } },
      { returnUpdatedDocs: true })).x, 3);
    assert.strictEqual(await db.remove({ tags: 'b' }), 1);
    assert.strictEqual(await db.remove({}, { multi: true }), 4);
    assert.deepStrictEqual(await db.find({}), []);
  },
  async 'indexes'() {
    const db = await filled();
    await db.ensureIndex({ fieldName: 'name', unique: true });
    await assert.rejects(db.insert([{ name: 'Di' }, { name: 'Ada' }]),
      { errorType: 'uniqueViolated', key: 'Ada' });
    assert.strictEqual(await db.count({}), 3);
    await assert.rejects(db.update({ _id: '1' }, { $set: { name: 'Bo' } }),
      { errorType: 'uniqueViolated' });
    await assert.rejects(db.insert({ _id: '1', name: 'x' }),
      { errorType: 'uniqueViolated' });
    await assert.rejects(db.ensureIndex({ fieldName: 'tags', unique: true }),
      { errorType: 'uniqueViolated' });
    await db.ensureIndex({ fieldName: 'code', unique: true, sparse: true });
    await db.insert({ name: 'Ed', code: 1 });
    await db.insert({ name: 'Fi' });
    await db.removeIndex('name');
    await db.insert({ name: 'Ada' });
    await db.ensureIndex({ fieldName: 'until', expireAfterSeconds: 1 });
    await db.insert({ _id: 'old', until: new Date(Date.now() - 2000) });
    await db.insert({ _id: 'new', until: new Date() });
    assert.strictEqual(await ids(db.find({ until: { $exists: true } })), 'new');
  },
  async 'what is given back is a copy'() {
    const db = await make();
    const own = { _id: '1', list: [1] };
    (await db.insert(own)).list.push(2);
    own.list.push(3);
    (await db.findOne({})).list.push(4);
    assert.deepStrictEqual(await db.findOne({}), { _id: '1', list: [1] });
  },
  async 'a file keeps it'() {
    const path = `${await namespaceWrapper.getBasePath()}/people.db`;
    let db = await make(path);
    await db.insert(people);
    await db.update({ _id: '1' }, { $inc: { age: 1 } });
    await db.remove({ _id: '2' });
    await db.ensureIndex({ fieldName: 'name', unique: true });
    const lines = fs.readFileSync(path, 'utf8').trim().split('\n')
      .map((line) => JSON.parse(line));
    assert.deepStrictEqual(lines[0].born, { $$date: 10 });
    assert.deepStrictEqual(lines[4], { $$deleted: true, _id: '2' });
    /* What a process that was killed had begun to write. */
    fs.appendFileSync(path, '{"_id":"5","na');
    db = await make(path);
    assert.deepStrictEqual((await db.findOne({ _id: '1' })).born, new Date(10));
    assert.strictEqual(await ids(db.find({ age: 37 })), '1');
    assert.strictEqual(await db.count({}), 2);
    await assert.rejects(db.insert({ name: 'Ada' }),
      { errorType: 'uniqueViolated' });
    fs.writeFileSync(path, 'no\ndatabase\n');
    await assert.rejects(async () => (await make(path)).find({}), /corrupt/);
    fs.rmSync(path);
  },
};
