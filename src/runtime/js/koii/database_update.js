/*
 * A document as an update makes it, and as a projection shows it. $rename is
 * MongoDB's; the others are NeDB's.
 */
'use strict';

(function ({ load }) {
  const { has, is_object, put, check, copy, compare, at } =
    load('koii/database_values');
  const { match } = load('koii/database_query');

  function list_for(object, name, verb) {
    if (!has(object, name))
      put(object, name, []);
    if (!Array.isArray(object[name]))
      throw new Error(`Can't ${verb} on non-array values`);
    return object[name];
  }

  function each_of(value) {
    if (!Array.isArray(value.$each))
      throw new Error('$each requires an array value');
    return value.$each;
  }

  /* The first of a list, or with a number below 0 the last. */
  const slice = (list, count) => count < 0 ? list.slice(count)
    : list.slice(0, count);

  function push(object, name, value) {
    const list = list_for(object, name, '$push an element');
    if (!is_object(value) || !value.$each && !value.$slice) {
      list.push(value);
      return;
    }
    const { $slice } = value;
    const count = Object.keys(value).length;
    if (count > 2 || value.$each !== undefined && count === 2 &&
      $slice === undefined)
      throw new Error('Can only use $slice in cunjunction with $each when ' +
        '$push to array');
    list.push(...value.$each === undefined ? [] : each_of(value));
    if (typeof $slice === 'number')
      put(object, name, slice(list, $slice));
  }

  function add_to_set(object, name, value) {
    const list = list_for(object, name, '$addToSet an element');
    if (is_object(value) && value.$each) {
      if (Object.keys(value).length > 1)
        throw new Error('Can\'t use another field in conjunction with $each');
      for (const each of each_of(value))
        add_to_set(object, name, each);
    } else if (!list.some((each) => compare(each, value) === 0)) {
      list.push(value);
    }
  }

  function own_list(object, name, verb) {
    const list = has(object, name) ? object[name] : undefined;
    if (!Array.isArray(list))
      throw new Error(`Can't ${verb} an element from non-array values`);
    return list;
  }

  function pop(object, name, value) {
    const list = own_list(object, name, '$pop');
    if (typeof value !== 'number')
      throw new Error(`${value} isn't an integer, can't use it with $pop`);
    if (value)
      put(object, name, value > 0 ? list.slice(0, -1) : list.slice(1));
  }

  function increase(object, name, value) {
    if (typeof value !== 'number')
      throw new Error(`${value} must be a number`);
    if (has(object, name) && typeof object[name] !== 'number')
      throw new Error('Don\'t use the $inc modifier on non-number fields');
    put(object, name, has(object, name) ? object[name] + value : value);
  }

  const bound = (is_better) => (object, name, value) => {
    if (!has(object, name) || object[name] === undefined ||
      is_better(value, object[name]))
      put(object, name, value);
  };

  const modifiers = new Map(Object.entries({
    $set: put,
    $unset: (object, name) => delete object[name],
    $push: push,
    $addToSet: add_to_set,
    $pop: pop,
    $pull: (object, name, value) => put(object, name,
      own_list(object, name, '$pull').filter((each) => !match(each, value))),
    $inc: increase,
    $min: bound((value, old) => value < old),
    $max: bound((value, old) => value > old),
  }));

  /* The object that has the path's last name; made if it is to be. */
  function owner_of(object, names, is_made) {
    for (const name of names.slice(0, -1)) {
      if (!has(Object(object), name) || object[name] === undefined) {
        if (!is_made)
          return undefined;
        if (!is_object(object))
          throw no_fields(object, name);
        put(object, name, {});
      }
      object = object[name];
    }
    return object;
  }

  const no_fields = (value, name) => new TypeError('Cannot set properties of ' +
    `${value === null ? value : typeof value} (setting '${name}')`);

  function apply(document, modifier, path, value) {
    const names = path.split('.');
    const owner = owner_of(document, names, modifier !== '$unset');
    if (owner === null)
      throw no_fields(owner, names.at(-1));
    if (is_object(owner))
      modifiers.get(modifier)(owner, names.at(-1), value);
    /* A text or a number has no fields, and gets none. */
    else if (owner !== undefined && ['$push', '$addToSet', '$pop', '$pull']
      .includes(modifier))
      throw new Error(`Can't ${modifier} an element on non-array values`);
  }

  function rename(document, path, to) {
    if (typeof to !== 'string' || to === path)
      throw new Error('$rename takes another name of a field');
    const names = path.split('.');
    const owner = owner_of(document, names, false);
    if (!is_object(owner) || !has(owner, names.at(-1)))
      return;
    const value = owner[names.at(-1)];
    delete owner[names.at(-1)];
    apply(document, '$set', to, value);
  }

  function modify_by(document, modifier, fields) {
    if (modifier !== '$rename' && !modifiers.has(modifier))
      throw new Error(`Unknown modifier ${modifier}`);
    if (typeof fields !== 'object')
      throw new Error(`Modifier ${modifier}'s argument must be an object`);
    for (const [path, value] of Object.entries(fields))
      if (modifier === '$rename')
        rename(document, path, value);
      else
        apply(document, modifier, path, value);
  }

  /* Are its fields operators? */
  function is_modifier(update) {
    const names = Object.keys(update);
    const count = names.filter((name) => name[0] === '$').length;
    if (count && count !== names.length)
      throw new Error('You cannot mix modifiers and normal fields');
    return count > 0;
  }

  /* A new document; the old one and the update stay what they are. */
  function modify(document, update) {
    if (update._id !== undefined && document._id !== update._id)
      throw new Error('You cannot change a document\'s _id');
    const by_modifiers = is_modifier(update);
    const made = copy(by_modifiers ? document : update);
    if (by_modifiers)
      for (const [modifier, fields] of Object.entries(update))
        /* A query of $pull may have expressions, which copy() leaves out. */
        modify_by(made, modifier, modifier === '$pull' ? fields
          : copy(fields));
    else
      made._id = document._id;
    check(made);
    if (made._id !== document._id)
      throw new Error('You can\'t change a document\'s _id');
    return made;
  }

  const paths_of = (projection) =>
    Object.keys(projection).filter((name) => name !== '_id');

  function check_projection(projection) {
    const paths = paths_of(projection);
    if (paths.some((path) => projection[path] !== projection[paths[0]]))
      throw new Error('Can\'t both keep and omit fields except for _id');
  }

  /* projection: {field: 1, ...} or {field: 0, ...}, and _id by itself. */
  function project(document, projection) {
    const paths = paths_of(projection);
    const keeps_id = projection._id !== 0;
    if (!Object.keys(projection).length)
      return copy(document);
    const shown = paths.length && projection[paths[0]] === 1 ? {}
      : copy(document);
    for (const path of paths) {
      const value = copy(at(document, path));
      if (projection[path] !== 1)
        apply(shown, '$unset', path);
      else if (value !== undefined)
        apply(shown, '$set', path, value);
    }
    if (keeps_id)
      shown._id = document._id;
    else
      delete shown._id;
    return shown;
  }

  return { modify, project, check_projection, is_modifier };
})
