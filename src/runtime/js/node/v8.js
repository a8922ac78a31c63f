/*
 * node:v8: values as bytes, and the figures of this engine's heap under the
 * names of V8's. What looks into V8 refuses.
 */
'use strict';

(function ({ native, start, load }) {
  const { Serializer } = load('node/v8_serializer');
  const { Deserializer } = load('node/v8_deserializer');
  const { make, arg_type } = load('node/errors');
  const { refusing_function } = load('node/unavailable');

  /* By Node's numbers for the kinds of views (lib/v8.js). */
  const kinds = ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array',
    'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array',
    'DataView', 'Buffer', 'BigInt64Array', 'BigUint64Array'];

  const kind_of = (view) => Buffer.isBuffer(view) ? 'Buffer'
    : load('node/util_types').isDataView(view) ? 'DataView'
      : view[Symbol.toStringTag];

  /* Views are written without the rest of their buffers. */
  class DefaultSerializer extends Serializer {
    constructor() {
      super();
      this._setTreatArrayBufferViewsAsHostObjects(true);
    }
    _writeHostObject(view) {
      this.writeUint32(kinds.indexOf(kind_of(view)));
      this.writeUint32(view.byteLength);
      this.writeRawBytes(view);
    }
  }

  class DefaultDeserializer extends Deserializer {
    _readHostObject() {
      const kind = kinds[this.readUint32()];
      const size = this.readUint32();
      const bytes = this.readRawBytes(size);
      if (kind === 'Buffer')
        return Buffer.from(bytes);
      const own = globalThis[kind];
      const unit = own?.BYTES_PER_ELEMENT ?? 1;
      if (!own || size % unit)
        throw make(Error, 'ERR_INVALID_STATE',
          'Unable to deserialize cloned data.');
      return new own(new Uint8Array(bytes).buffer, 0, size / unit);
    }
  }

  function serialize(value) {
    const serializer = new DefaultSerializer();
    serializer.writeHeader();
    serializer.writeValue(value);
    return serializer.releaseBuffer();
  }

  function deserialize(buffer) {
    if (!ArrayBuffer.isView(buffer))
      throw arg_type('buffer',
        'an instance of Buffer, TypedArray, or DataView', buffer);
    const deserializer = new DefaultDeserializer(buffer);
    deserializer.readHeader();
    return deserializer.readValue();
  }

  function getHeapStatistics() {
    const { heapTotal, heapUsed, external } = process.memoryUsage();
    const limit = start.limits.memory_bytes;
    return { total_heap_size: heapTotal, total_heap_size_executable: 0,
      total_physical_size: heapTotal,
      total_available_size: Math.max(0, limit - heapUsed),
      used_heap_size: heapUsed, heap_size_limit: limit, malloced_memory: 0,
      peak_malloced_memory: 0, does_zap_garbage: 0,
      number_of_native_contexts: 1, number_of_detached_contexts: 0,
      total_global_handles_size: 0, used_global_handles_size: 0,
      external_memory: external };
  }

  const startup = {};
  for (const name of ['addDeserializeCallback', 'addSerializeCallback',
    'setDeserializeMainFunction'])
    startup[name] = refusing_function('v8', `startupSnapshot.${name}`);
  const hooks = {};
  for (const name of ['createHook', 'onInit', 'onBefore', 'onAfter',
    'onSettled'])
    hooks[name] = refusing_function('v8', `promiseHooks.${name}`);

  const v8 = {
    Serializer, Deserializer, DefaultSerializer, DefaultDeserializer, serialize,
    deserialize, getHeapStatistics,
    getHeapSpaceStatistics: () => [],
    getHeapCodeStatistics: () => ({ code_and_metadata_size: 0,
      bytecode_and_metadata_size: 0, external_script_source_size: 0,
      cpu_profiler_metadata_size: 0 }),
    cachedDataVersionTag: () => 0,
    startupSnapshot: { ...startup, isBuildingSnapshot: () => false },
    promiseHooks: hooks,
    GCProfiler: load('node/unavailable').refusing_class('v8', 'GCProfiler'),
  };
  for (const name of ['getHeapSnapshot', 'queryObjects', 'setFlagsFromString',
    'setHeapSnapshotNearHeapLimit', 'stopCoverage', 'takeCoverage',
    'writeHeapSnapshot'])
    v8[name] = refusing_function('v8', name);
  return v8;
})
