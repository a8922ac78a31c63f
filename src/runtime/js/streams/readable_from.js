/*
 * ReadableStream.from() (Streams Standard, 4.2.3): a stream of what an iterable
 * gives, pulled one by one.
 */
'use strict';

(function ({ load }) {
  const { upon, promise_call } = load('streams/shared');
  const core = load('streams/readable_core');
  const { make, arg_type } = load('node/errors');

  const fault = (text) => make(TypeError, 'ERR_INVALID_STATE', text);

  function need_object(value, what) {
    if (Object(value) !== value)
      throw fault(`${what} must be an object`);
    return value;
  }

  /* Returns {object, next}; a sync iterator's values are awaited. */
  function open(iterable) {
    const method = iterable?.[Symbol.asyncIterator];
    const is_async = method !== undefined && method !== null;
    const begin = is_async ? method : iterable?.[Symbol.iterator];
    if (typeof begin !== 'function')
      throw arg_type('iterable', 'an instance of Iterable', iterable);
    const object = need_object(Reflect.apply(begin, iterable, []),
      'The iterator');
    return { object, next: object.next, is_async };
  }

  const await_value = async (result) => {
    need_object(result, 'The iterator\'s result');
    return { done: result.done, value: result.done ? undefined
      : await result.value };
  };

  function pull(iterator, controller) {
    const promise = promise_call(iterator.next, iterator.object);
    return upon(iterator.is_async ? promise : upon(promise, await_value),
      (result) => {
        need_object(result, 'The iterator\'s result');
        if (result.done)
          core.close_controller(controller);
        else
          core.enqueue(controller, result.value);
      });
  }

  async function cancel({ object }, reason) {
    const end = object.return;
    if (end === undefined || end === null)
      return;
    need_object(await Reflect.apply(end, object, [reason]),
      'The iterator\'s result');
  }

  function from(iterable) {
    const iterator = open(iterable);
    let controller;
    return core.create({
      start(made) {
        controller = made;
      },
      pull: () => pull(iterator, controller),
      cancel: (reason) => cancel(iterator, reason),
    }, 0);
  }

  return { from };
})
