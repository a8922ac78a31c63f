/*
 * Koii's modules for a bundle that Node runs in a benchmark. Over the channel
 * "loaded" is said once main.js was read, and each message runs task().
 */
'use strict';

const nothing = () => {};
const shape = (members) => new Proxy(members, {
  get: (target, name) => (name in target || typeof name === 'symbol' ||
    name === 'then' ? target[name] : nothing) });

exports.initializeTaskManager = ({ task }) => {
  setImmediate(() => process.send({ loaded: true }));
  process.on('message', async ({ round }) => {
    process.send({ result: await task(round) ?? null });
  });
};
exports.namespaceWrapper = shape({ storeGet: async () => null,
  storeSet: async () => {} });
exports.app = shape({});
exports.KoiiStorageClient = class {
  static getInstance() {
    return shape(new this());
  }
};
exports.initializeOrcaClient = nothing;
exports.getOrcaClient = nothing;
exports.LogLevel = {};
exports.default = shape({});
