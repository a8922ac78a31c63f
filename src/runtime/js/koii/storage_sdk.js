/*
 * @_koii/storage-task-sdk: KoiiStorageClient over the node's own store. What is
 * uploaded lies in a folder whose CID is given back, as with Koii's storage
 * task; the node signs and pins, so the wallet that a task hands over is not
 * used.
 */
'use strict';

(function ({ load }) {
  const { arg_type } = load('node/errors');
  const { storage } = load('koii/namespace_wrapper').namespaceWrapper;

  /* {path, data} of a path, a File or a Blob. */
  async function read(input) {
    if (typeof input === 'string')
      return { path: load('node/path').basename(input),
        data: load('modules').get('fs').readFileSync(input) };
    /* Also the File of a package, which is a class of its own. */
    if (input instanceof Blob || typeof input?.arrayBuffer === 'function')
      return { path: String(input.name ?? 'file'),
        data: await input.arrayBuffer() };
    throw arg_type('files', 'of type string or an instance of File, or an ' +
      'array of those', input);
  }

  let instance;

  class KoiiStorageClient {
    /* The storage task, its endpoint and the log are Koii's; the node's store
     * needs none of them. */
    constructor(storageTaskId, k2URL, debug = false) {
      Object.assign(this, { storageTaskId, k2URL, debug });
    }
    static getInstance({ storageTaskId, k2URL, debug } = {}) {
      instance ??= new KoiiStorageClient(storageTaskId, k2URL, debug);
      return instance;
    }
    /* {cid, url} of the folder, whose url is that of the first file. */
    async uploadFile(files) {
      const list = await Promise.all([files].flat().map(read));
      if (!list.length)
        throw new Error('uploadFile() takes at least one file');
      const cid = await storage.put({ files: list });
      return { cid, url: `ipfs://${cid}/${list[0].path}` };
    }
    async getFile(cid, filename) {
      return new Blob([await storage.get(cid, filename)]);
    }
  }

  return { __esModule: true, KoiiStorageClient, default: KoiiStorageClient };
})
