/*
 * What the node calls: the task's routes and its six functions, whose results
 * are checked as Koii does.
 */
'use strict';

(function (library) {
  const { native, load, coded } = library;

  /* Koii's limit on a submission, in bytes of UTF-8 (task program). */
  const submission_max = 512;

  /* The task manager must be initialised within two seconds. Koii's bundles do
   * it while they load, or soon after an awaited import. */
  const initialise_ms = 2000;
  let initialised;
  const ready = new Promise((resolve) => {
    initialised = resolve;
  });

  /* A bundle that was made for Koii's node carries Koii's modules itself, so it
   * asks this engine for none. */
  function not_a_task() {
    const what = 'main.js did not call initializeTaskManager()';
    return library.has_packages ? coded('not possible now', what)
      : coded('unsupported', `${what} and takes none of Koii's modules from ` +
        'this engine: a bundle that carries its own runs in Node, with ' +
        '"engine: node" in its metadata');
  }

  async function own_function(name) {
    if (!library.functions) {
      load('timers').setTimeout(initialised, initialise_ms);
      await ready;
    }
    if (!library.functions)
      throw not_a_task();
    const own = library.functions[name];
    if (typeof own !== 'function')
      throw coded('not found', `the task has no function ${name}()`);
    return own;
  }

  /* A value that is not a text is no submission, as in Koii's task manager. */
  function check_submission(value) {
    if (typeof value !== 'string') {
      if (value !== undefined && value !== null)
        native.log('warn', `submission() gave a ${typeof value}, not a ` +
          'text: nothing is submitted');
      return null;
    }
    const size = native.encode_utf8(value).length;
    if (size > submission_max)
      throw coded('range', `submission() gave ${size} bytes, above the ` +
        `limit of ${submission_max} bytes`);
    return value;
  }

  /* As in Koii's task manager, undefined and null are a yes. Other values count
   * as true or false. */
  const check_verdict = (value) => Boolean(value ?? true);

  /* The reason not to use a list; null if it can be used. */
  function list_fault(list, submitters, bounty) {
    let total = 0;
    for (const { publicKey } of submitters)
      if (!Object.hasOwn(list, publicKey))
        return `${publicKey} is missing`;
    for (const [key, value] of Object.entries(list)) {
      if (!Number.isSafeInteger(value))
        return `the value for ${key} is no integer`;
      total += value;
    }
    return total > bounty
      ? `its total of ${total} is above the bounty of ${bounty}` : null;
  }

  function check_list(list, [submitters, bounty]) {
    if (typeof list !== 'object' || list === null || Array.isArray(list))
      throw coded('range', 'distribution() gave no object of key and amount');
    const fault = list_fault(list, submitters, bounty);
    if (!fault)
      return list;
    native.log('error', `distribution list set to zero: ${fault}`);
    return Object.fromEntries(
      submitters.map(({ publicKey }) => [publicKey, 0]));
  }

  const checks = {
    setup: () => null,
    task: (value) => value,
    submission: check_submission,
    audit: check_verdict,
    distribution: check_list,
  };

  async function routes() {
    /* A task need not have routes(). */
    if (typeof library.functions?.routes === 'function')
      await library.functions.routes();
    return load('koii/app').list();
  }

  return {
    loaded() {
      if (library.functions)
        initialised();
    },
    initialised: () => initialised(),

    /* Resolves to {result, payload}. */
    async call(name, args, bytes, limit_ms, id) {
      if (name === 'routes')
        return { result: await routes() };
      if (name === 'route')
        return load('koii/app').handle(args[0], bytes, limit_ms, id);
      if (!Object.hasOwn(checks, name))
        throw coded('not found', `there is no function ${name}()`);
      const own = await own_function(name);
      return { result: checks[name](await own(...args), args) };
    },
  };
})
