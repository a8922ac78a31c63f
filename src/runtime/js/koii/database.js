/*
 * The database that namespaceWrapper.getDb() gives: a collection with the
 * methods of nedb-promises, in memory, and in a file of NeDB's form in the
 * task's folder. So it outlives the process, and Koii's own wrapper on the
 * engine `node` reads the same file.
 *
 * Documents are kept by _id in its order, which is the order of answers that
 * are not sorted, as in NeDB. Work is done at once; the promise or the callback
 * comes later.
 */
'use strict';

(function ({ load, native }) {
  const { has, is_date, check, copy, compare, at } =
    load('koii/database_values');
  const { match } = load('koii/database_query');
  const { modify, project, check_projection, is_modifier } =
    load('koii/database_update');
  const { open_file } = load('koii/database_file');

  /* 16 letters and digits. */
  function make_id() {
    let text = '';
    while (text.length < 16) {
      const bytes = Buffer.alloc(24);
      native.random(bytes);
      text += bytes.toString('base64').replace(/[+/=]/g, '');
    }
    return text.slice(0, 16);
  }

  /* Call back, or promise. Either comes after the call has returned. */
  function answer(callback, work) {
    const promise = (async () => work())();
    if (typeof callback !== 'function')
      return promise.then((values) => values[0]);
    promise.then((values) => queueMicrotask(() => callback(null, ...values)),
      (error) => queueMicrotask(() => callback(error)));
    return undefined;
  }

  /* What a unique index refuses: the values of one field. */
  class Index {
    constructor({ fieldName, unique = false, sparse = false,
      expireAfterSeconds }) {
      Object.assign(this, { fieldName, unique, sparse, expireAfterSeconds });
    }
    /* The keys of a document: each value of a list, once. */
    keys(document) {
      const value = at(document, this.fieldName);
      if (value === undefined && this.sparse)
        return [];
      if (!Array.isArray(value))
        return [value];
      return value.filter((each, place) =>
        value.findIndex((other) => compare(other, each) === 0) === place);
    }
    has_expired(document, now) {
      const value = this.expireAfterSeconds === undefined ? undefined
        : at(document, this.fieldName);
      return is_date(value) &&
        now > value.getTime() + this.expireAfterSeconds * 1000;
    }
  }

  function violated(key) {
    return Object.assign(new Error(`Can't insert key ${key}, it violates the ` +
      'unique constraint'), { key, errorType: 'uniqueViolated' });
  }

  /* A text for keys that compare as equal. */
  const key_text = (key) => `${typeof key} ${is_date(key) ? key.getTime()
    : typeof key === 'object' && key !== null ? JSON.stringify(
      Array.isArray(key) ? key : Object.entries(key).sort()) : String(key)}`;

  function check_unique(indexes, documents) {
    for (const index of indexes) {
      if (!index.unique)
        continue;
      const seen = new Set();
      for (const document of documents)
        for (const key of index.keys(document)) {
          if (seen.has(key_text(key)))
            throw violated(key);
          seen.add(key_text(key));
        }
    }
  }

  /* What find() gives: it is asked when it is awaited. */
  class Cursor {
    #ask;
    #order;
    #skipped;
    #limit;
    #shown;
    constructor(ask, projection) {
      this.#ask = ask;
      this.#shown = projection ?? {};
    }
    sort(order) {
      this.#order = order;
      return this;
    }
    skip(count) {
      this.#skipped = count;
      return this;
    }
    limit(count) {
      this.#limit = count;
      return this;
    }
    project(projection) {
      this.#shown = projection;
      return this;
    }
    projection(projection) {
      return this.project(projection);
    }
    exec(callback) {
      return answer(callback, () => [this.#ask(this)]);
    }
    then(resolve, reject) {
      return this.exec().then(resolve, reject);
    }
    catch(reject) {
      return this.exec().catch(reject);
    }
    finally(done) {
      return this.exec().finally(done);
    }
    /* The documents of the answer, copied. */
    take(documents) {
      const fields = Object.entries(this.#order ?? {});
      const sorted = fields.length ? documents.sort((a, b) => {
        for (const [path, direction] of fields) {
          const order = direction * compare(at(a, path), at(b, path));
          if (order)
            return order;
        }
        return 0;
      }) : documents;
      check_projection(this.#shown);
      const first = this.#skipped || 0;
      return sorted.slice(first, this.#limit ? first + this.#limit : undefined)
        .map((document) => project(document, this.#shown));
    }
  }

  class Datastore {
    #documents = [];  /* by _id */
    #indexes = new Map([['_id',
      new Index({ fieldName: '_id', unique: true })]]);
    #file;

    /* path undefined: in memory alone. */
    constructor(path) {
      this.#file = open_file(path, () => ({ documents: this.#documents,
        indexes: this.#described_indexes() }));
      const { documents, indexes } = this.#file.read();
      for (const options of indexes)
        this.#indexes.set(options.fieldName, new Index(options));
      this.#documents = documents.sort((a, b) => compare(a._id, b._id));
      check_unique(this.#indexes.values(), this.#documents);
      this.#file.compact();
    }

    static create(options) {
      const path = typeof options === 'string' ? options : options?.filename;
      return new Datastore(path === undefined ? undefined
        : load('node/path').resolve(path));
    }

    #described_indexes() {
      return [...this.#indexes.values()]
        .filter(({ fieldName }) => fieldName !== '_id')
        .map(({ fieldName, unique, sparse, expireAfterSeconds }) =>
          ({ fieldName, unique, sparse, ...expireAfterSeconds === undefined
            ? {} : { expireAfterSeconds } }));
    }

    /* Nothing changes unless everything holds and is written. */
    #replace(documents, lines) {
      check_unique(this.#indexes.values(), documents);
      this.#file.append(lines);
      this.#documents = documents.sort((a, b) => compare(a._id, b._id));
      this.#file.tidy();
    }

    #drop_expired() {
      const now = Date.now();
      const dated = [...this.#indexes.values()]
        .filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined);
      if (dated.length)
        this.#remove_all((document) =>
          dated.some((index) => index.has_expired(document, now)));
    }

    #remove_all(is_gone) {
      const gone = this.#documents.filter(is_gone);
      if (gone.length)
        this.#replace(this.#documents.filter((each) => !gone.includes(each)),
          gone.map(({ _id }) => ({ $$deleted: true, _id })));
      return gone.length;
    }

    #matching(query = {}) {
      this.#drop_expired();
      return this.#documents.filter((document) => match(document, query));
    }

    find(query, projection, callback) {
      if (typeof projection === 'function')
        [projection, callback] = [undefined, projection];
      const cursor = new Cursor((asked) => asked.take(this.#matching(query)),
        projection);
      return callback ? cursor.exec(callback) : cursor;
    }

    findOne(query, projection, callback) {
      if (typeof projection === 'function')
        [projection, callback] = [undefined, projection];
      const cursor = new Cursor((asked) =>
        asked.limit(1).take(this.#matching(query))[0] ?? null, projection);
      return callback ? cursor.exec(callback) : cursor;
    }

    count(query, callback) {
      const cursor = new Cursor((asked) =>
        asked.take(this.#matching(query)).length);
      return callback ? cursor.exec(callback) : cursor;
    }

    getAllData() {
      return this.#documents.map((document) => copy(document));
    }

    #prepare(document) {
      const made = copy(document);
      if (made._id === undefined)
        made._id = make_id();
      check(made);
      return made;
    }

    #insert(given) {
      const made = [given].flat().map((each) => this.#prepare(each));
      this.#drop_expired();
      this.#replace([...this.#documents, ...made], made);
      return copy(Array.isArray(given) ? made : made[0]);
    }

    insert(document, callback) {
      return answer(callback, () => [this.#insert(document)]);
    }

    #upsert(query, update) {
      return this.#insert(is_modifier(update)
        ? modify(copy(query, true), update) : update);
    }

    /* [how many, the documents, whether it was inserted]. */
    #update(query, update, { multi = false, upsert = false }) {
      const found = this.#matching(query).slice(0, multi ? undefined : 1);
      if (!found.length && upsert)
        return [1, this.#upsert(query, update), true];
      const made = new Map(found.map((document) =>
        [document, modify(document, update)]));
      if (made.size)
        this.#replace(this.#documents.map((each) => made.get(each) ?? each),
          [...made.values()]);
      const copies = [...made.values()].map((each) => copy(each));
      return [copies.length, multi ? copies : copies[0], false];
    }

    update(query, update, options, callback) {
      if (typeof options === 'function')
        [options, callback] = [{}, options];
      return answer(callback, () => {
        const [count, documents, is_new] =
          this.#update(query, update, options ?? {});
        if (callback)
          return [count, options?.returnUpdatedDocs || is_new ? documents
            : null, is_new];
        return [options?.returnUpdatedDocs ? documents : count];
      });
    }

    remove(query, options, callback) {
      if (typeof options === 'function')
        [options, callback] = [{}, options];
      return answer(callback, () => {
        const gone = this.#matching(query)
          .slice(0, options?.multi ? undefined : 1);
        return [this.#remove_all((each) => gone.includes(each))];
      });
    }

    ensureIndex(options, callback) {
      return answer(callback, () => {
        if (!options?.fieldName)
          throw Object.assign(new Error('Cannot create an index without a ' +
            'fieldName'), { missingFieldName: true });
        if (!this.#indexes.has(options.fieldName)) {
          const index = new Index(options);
          check_unique([index], this.#documents);
          this.#indexes.set(options.fieldName, index);
          this.#file.append([{ $$indexCreated: this.#described_indexes().at(-1)
          }]);
        }
        return [];
      });
    }

    removeIndex(name, callback) {
      return answer(callback, () => {
        if (this.#indexes.has(name) && name !== '_id') {
          this.#indexes.delete(name);
          this.#file.append([{ $$indexRemoved: name }]);
        }
        return [];
      });
    }

    /* It is loaded already. */
    load(callback) {
      return answer(callback, () => []);
    }

    compactDatafile(callback) {
      return answer(callback, () => {
        this.#file.compact();
        return [];
      });
    }
  }

  /* Other names of nedb-promises. */
  const single = { multi: false }, all = { multi: true };
  const others = {
    insertOne(document, callback) {
      return this.insert(document, callback);
    },
    insertMany(documents, callback) {
      return this.insert(documents, callback);
    },
    updateOne(query, update, options) {
      return this.update(query, update, { ...options, ...single });
    },
    updateMany(query, update, options) {
      return this.update(query, update, { ...options, ...all });
    },
    removeOne(query) {
      return this.remove(query, single);
    },
    removeMany(query) {
      return this.remove(query, all);
    },
    deleteOne(query) {
      return this.remove(query, single);
    },
    deleteMany(query) {
      return this.remove(query, all);
    },
    loadDatabase(callback) {
      return this.load(callback);
    },
    async dropDatabase() {
      await this.remove({}, all);
    },
  };
  for (const [name, value] of Object.entries(others))
    if (!has(Datastore.prototype, name))
      Object.defineProperty(Datastore.prototype, name,
        { value, configurable: true, writable: true });

  return { Datastore };
})
