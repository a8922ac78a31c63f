/*
 * @_koii/namespace-wrapper: Koii's NamespaceWrapper. Its methods are requests
 * to the node under Koii's names, which host.h lists. Files and verification
 * are local; storeGet and storeSet use the runtime memory.
 *
 * Koii's wrapper does not throw what the node answers. What a method returns
 * then is the wrapper's form, one of undefined, null, 0 and {error}; bundles
 * look for it. The error is a line in the log.
 */
'use strict';

(function (library) {
  const { native, start, load } = library;
  const task = start.task;

  /* The version of Koii's node whose behaviour this is. Bundles read it as a
   * semver and vote against lists only from this version on. */
  const koii_node_version = '1.11.19';

  async function ask(method, ...params) {
    return (await library.ask(method, params)).result;
  }

  /* Ask the node. An error becomes a line in the log, and {error}. */
  async function ask_koii(method, ...params) {
    try {
      return await ask(method, ...params);
    } catch (error) {
      native.log('error', `${method}: ${error.message}`);
      return { error };
    }
  }

  const is_error = (answer) => typeof answer === 'object' && answer !== null &&
    'error' in answer;

  /* The same for methods that return null for an error. */
  async function ask_or_null(method, ...params) {
    const answer = await ask_koii(method, ...params);
    return is_error(answer) ? null : answer;
  }

  /* And for those that return nothing at all. */
  async function tell(method, ...params) {
    await ask_koii(method, ...params);
  }

  const { keypair, signer_of } = load('koii/keypair');

  async function sign_by_node(role, message) {
    try {
      return (await library.ask('signData', [role], message)).result;
    } catch (error) {
      native.log('error', `payloadSigning: ${error.message}`);
      return { error };
    }
  }

  /* nacl.sign() of JSON.stringify(body) in base58. Without a key the node's
   * main account signs, as in Koii; with one that key does. */
  async function sign(body, key) {
    const message = native.encode_utf8(JSON.stringify(body) ?? 'null');
    const { role, secret } = key === undefined || key === null
      ? { role: 'main' } : signer_of(key);
    if (role)
      return sign_by_node(role, message);
    const signed = new Uint8Array(64 + message.length);
    signed.set(native.sign(secret, message));
    signed.set(message, 64);
    return native.encode_base58(signed);
  }

  /* Methods for what the node does by itself. They do nothing. */
  const by_the_node = (name) => async () => {
    native.log('warn', `${name}() does nothing: the node submits, audits, ` +
      'distributes and claims by itself, when it is due');
  };

  /* Methods that this engine can not have. Each throws an error that says
   * why. */
  const unsupported = (name, why) => async () => {
    throw new Error(`namespaceWrapper.${name}() is not supported: ${why}`);
  };

  function bytes_of(data) {
    if (typeof data === 'string')
      return native.encode_utf8(data);
    if (load('web_idl').is_buffer_source(data))
      return load('encoding').view_of(data);
    throw new TypeError('evidence is text, bytes or {files}');
  }

  /* Turn {path: data} or [{path, data}] into a list and the bytes. */
  function pack_files(files) {
    const list = Array.isArray(files) ? files
      : Object.entries(files).map(([path, data]) => ({ path, data }));
    const parts = list.map(({ path, data }) =>
      ({ path: String(path), bytes: bytes_of(data) }));
    const whole = new Uint8Array(
      parts.reduce((total, { bytes }) => total + bytes.length, 0));
    let at = 0;
    for (const { bytes } of parts) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    return [{ files: parts.map(({ path, bytes }) =>
      ({ path, size: bytes.length })) }, whole];
  }

  /* What Koii's wrapper fetches with, a minute at most by default. */
  async function fetch_within(url, timeout = 60000) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeout);
    try {
      return await fetch(url, { signal: controller.signal });
    } catch (error) {
      throw error.name === 'AbortError' ? new Error('Request was aborted')
        : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /* In Koii's wrapper this asks public gateways one after the other. Here the
   * node asks, peers first, and checks what comes against the CID. */
  async function retrieve(cid, file_name = '') {
    try {
      return await storage.getText(cid, String(file_name));
    } catch (error) {
      throw new Error(`Failed to get ${cid} from IPFS`, { cause: error });
    }
  }

  /* Koii's levels; another one is refused. */
  const levels = new Set(Object.values(load('koii/types').LogLevel));

  function log_message(level, message, action) {
    if (!levels.has(level)) {
      console.log(`Invalid log level: ${level}. The log levels can be log, ` +
        'warn or error');
      return false;
    }
    console[level](message, action);
    return true;
  }

  /* Evidence in content-addressed storage. */
  const storage = {
    async put(data) {
      const [what, payload] = data && typeof data === 'object' && data.files
        ? pack_files(data.files)
        : [{ size: bytes_of(data).length }, bytes_of(data)];
      return (await library.ask('storagePut', [what], payload)).result;
    },
    async get(cid, path = '') {
      return (await library.ask('storageGet', [String(cid), path])).payload;
    },
    async getText(cid, path = '') {
      return native.decode_utf8(await storage.get(cid, path), false);
    },
  };

  /* Which node Koii's wrappers select for a round's list. Here it is for those
   * who ask: the node's own lists go by turns. */
  async function select_node(round, previous_failed) {
    const info_of = (wanted) => ask_or_null('getTaskSubmissionInfo', wanted);
    const info = await info_of(round);
    if (!info)
      return undefined;
    const submissions = info.submissions[round];
    if (!submissions)
      return 'No submisssions found in N-1 round';
    const earlier = [];
    for (const before of [round - 1, round - 2])
      if (before >= 0)
        earlier.push((await info_of(before))?.submissions?.[before]);
    return load('koii/selection')(round, submissions, earlier,
      await ask_or_null('getTaskDistributionInfo', round), previous_failed);
  }

  let database;

  const namespaceWrapper = {
    storage,
    taskNodeAdministered: true,

    /* Runtime memory */
    async storeGet(key) {
      return ask_or_null('storeGet', String(key));
    },
    async storeSet(key, value, options) {
      await ask('storeSet', String(key), value ?? null, options ?? {});
    },
    async storeRemove(key) {
      return ask('storeRemove', String(key));
    },
    async storeKeys(prefix = '') {
      return ask('storeKeys', String(prefix));
    },

    /* Files of the task's folder */
    async fs(method, path, ...rest) {
      const promises = load('node/fs_promises');
      if (!Object.hasOwn(promises, method) ||
        typeof promises[method] !== 'function')
        throw new Error(`fs has no ${method}()`);
      return promises[method](path, ...rest);
    },
    async getBasePath() {
      return start.folder;
    },

    /* Chain */
    getRound: () => ask_koii('getRound'),
    async getSlot() {
      const slot = await ask_koii('getCurrentSlot');
      return typeof slot === 'number' ? slot : 0;
    },
    getAverageSlotTime: () => ask_koii('getAverageSlotTime'),
    getRpcUrl: () => ask_koii('getRpcUrl'),
    getTaskState: (options = {}) => ask_koii('getTaskState', options),
    getTaskStateById: (id, type, options = {}) =>
      ask_koii('getTaskStateById', id, options ?? {}, type),
    getTaskSubmissionInfo: (round) =>
      ask_or_null('getTaskSubmissionInfo', round),
    getTaskDistributionInfo: (round) =>
      ask_or_null('getTaskDistributionInfo', round),
    getNodes: (url) => ask_koii('getNodes', url),
    getProgramAccounts: () => ask_koii('getProgramAccounts'),
    /* The list as JSON text. */
    getDistributionList: (key, round) =>
      ask_or_null('getDistributionList', String(key), round),
    fetchWithTimeout: fetch_within,
    retrieveThroughHttpGateway: retrieve,
    getTaskNodeVersion: async () => koii_node_version,
    nodeSelectionDistributionList: select_node,
    selectAndGenerateDistributionList:
      by_the_node('selectAndGenerateDistributionList'),
    validateAndVoteOnNodes: by_the_node('validateAndVoteOnNodes'),
    validateAndVoteOnDistributionList:
      by_the_node('validateAndVoteOnDistributionList'),
    submitTask: by_the_node('submitTask'),

    /* Actions on chain: the node signs, for this task only. */
    checkSubmissionAndUpdateRound: (value = 'default', round) =>
      tell('checkSubmissionAndUpdateRound', value, round),
    auditSubmission: (candidate, is_valid, voter, round) =>
      tell('auditSubmission', String(candidate), is_valid, round),
    distributionListAuditSubmission: (candidate, is_valid, voter, round) =>
      tell('distributionListAuditSubmission', String(candidate), is_valid,
        round),
    uploadDistributionList: (list, round) =>
      ask_koii('uploadDistributionList', list, round),
    distributionListSubmissionOnChain: (round) =>
      ask_koii('distributionListSubmissionOnChain', round),
    payoutTrigger: (round) => tell('payloadTrigger', round),
    sendTransaction: (from, to, amount) =>
      ask_koii('sendTransaction', String(from), String(to), amount),
    claimReward: (pot, beneficiary) =>
      ask_koii('claimReward', String(pot), String(beneficiary)),

    /* Keys and signatures. The secret keys stay with the node. */
    async getSubmitterAccount() {
      return task.staking_account
        ? keypair('staking', task.staking_account) : null;
    },
    getMainAccountPubkey: async () => task.main_account,
    payloadSigning: sign,
    async verifySignature(signed, key) {
      try {
        const bytes = native.decode_base58(String(signed));
        const message = bytes.slice(64);
        if (!native.verify(bytes.slice(0, 64), message,
          native.decode_base58(String(key))))
          return { error: 'Invalid signature' };
        return { data: native.decode_utf8(message, false) };
      } catch (error) {
        return { error: `Verification failed: ${error.message}` };
      }
    },

    bs58Encode: async (bytes) => native.encode_base58(bytes_of(bytes)),
    bs58Decode: async (text) => native.decode_base58(String(text)),
    decodePayload: (bytes) => native.decode_utf8(bytes_of(bytes), false),

    logger: (level, message, action) =>
      ask_koii('logger', String(level), String(message),
        action === undefined ? null : String(action)),
    logMessage: async (level, message, action) =>
      log_message(level, message, action),
    async defaultTaskSetup() {},
    /* What Koii's wrapper has where no node administers a task. */
    testingMainSystemAccount: null,
    testingStakingSystemAccount: null,
    testingTaskState: null,
    testingDistributionList: null,

    sendAndConfirmTransactionWrapper:
      unsupported('sendAndConfirmTransactionWrapper',
        'a task moves no coins and sends no transactions'),
    stakeOnChain: unsupported('stakeOnChain', 'the operator stakes'),
    /* Also Koii's own wrapper's file, on the engine node. */
    async getDb() {
      database ??= load('koii/database').Datastore.create(
        start.folder ? `${start.folder}/KOIIDB` : undefined);
      return database;
    },
    getTaskDBPath: async () => `${start.folder}/KOIIDB`,
    getTaskLevelDBPath: async () => `${start.folder}/KOIIDB`,
    fsStaking: unsupported('fsStaking', 'the wallets stay with the node'),
    /* Koii's wrapper gives a stream to write to, and the bytes of a file. */
    fsReadStream: async (path) => load('modules').get('fs').readFileSync(path),
    fsWriteStream: async (path) =>
      load('modules').get('fs').createWriteStream(path),
  };

  return {
    __esModule: true,
    namespaceWrapper,
    storage,
    default: namespaceWrapper,
    get app() {
      return load('koii/app').app;
    },
    /* Koii's wrapper exports its server. Here the node listens. */
    _server: { close() {}, listening: true },
    STAKE: 0,
    taskNodeAdministered: true,
    TASK_ID: task.id,
    TASK_NAME: task.name,
    MAIN_ACCOUNT_PUBKEY: task.main_account,
    K2_NODE_URL: task.rpc_url,
    NODE_MODE: 'service',
    /* In Koii's wrapper these are the password and the port of its HTTP
     * interface. This engine has neither, so they are what Koii's wrapper has
     * without a node. */
    SECRET_KEY: '',
    SERVICE_URL: '',
    TASK_NODE_PORT: 0,
  };
})
