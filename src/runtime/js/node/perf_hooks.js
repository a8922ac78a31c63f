/*
 * node:perf_hooks: the web's performance, and histograms.
 */
'use strict';

(function (library) {
  const { load } = library;
  const { check_integer, check_number, check_object, arg_type,
    out_of_range } = load('node/errors');

  const value_max = Number.MAX_SAFE_INTEGER;

  /* Values are kept as they are, in order of their size, up to this many kinds
   * of values. Above it they are rounded to three digits, as HdrHistogram
   * does. */
  const exact_max = 4096;

  class Histogram {
    #counts = new Map();
    #count = 0;
    #exceeds = 0;
    #lowest;
    #highest;
    constructor(lowest, highest) {
      this.#lowest = lowest;
      this.#highest = highest;
    }
    record(value) {
      const number = Number(value);
      check_integer(number, 'val', 1);
      if (number > this.#highest) {
        this.#exceeds++;
        return;
      }
      const kept = this.#counts.size < exact_max || this.#counts.has(number)
        ? number : Number(number.toPrecision(3));
      this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + 1);
      this.#count++;
    }
    add(other) {
      if (!(other instanceof Histogram))
        throw arg_type('other',
          'an instance of RecordableHistogram', other);
      for (const [value, count] of other.#counts)
        for (let i = 0; i < count; i++)
          this.record(value);
      this.#exceeds += other.#exceeds;
    }
    reset() {
      this.#counts.clear();
      this.#count = 0;
      this.#exceeds = 0;
    }
    get #sorted() {
      return [...this.#counts].sort(([a], [b]) => a - b);
    }
    get count() {
      return this.#count;
    }
    get exceeds() {
      return this.#exceeds;
    }
    /* Of no value at all Node shows the ends of the range. */
    get min() {
      return this.#count ? this.#sorted[0][0] : 9223372036854776000;
    }
    get max() {
      return this.#count ? this.#sorted.at(-1)[0] : 0;
    }
    get mean() {
      let sum = 0;
      for (const [value, count] of this.#counts)
        sum += value * count;
      return sum / this.#count;
    }
    get stddev() {
      const { mean } = this;
      let sum = 0;
      for (const [value, count] of this.#counts)
        sum += (value - mean) ** 2 * count;
      return Math.sqrt(sum / this.#count);
    }
    percentile(percent) {
      check_number(percent, 'percentile');
      if (!(percent > 0 && percent <= 100))
        throw out_of_range('percentile', '> 0 && <= 100',
          percent);
      let left = Math.max(1, Math.ceil(this.#count * percent / 100));
      for (const [value, count] of this.#sorted) {
        left -= count;
        if (left <= 0)
          return value;
      }
      return 0;
    }
    get percentiles() {
      const found = new Map();
      if (!this.#count)
        return found.set(100, 0);
      for (let left = 100; left > 100 / this.#count / 2; left /= 2)
        found.set(100 - left, this.percentile(100 - left || 1e-9));
      return found.set(100, this.max);
    }
    get countBigInt() {
      return BigInt(this.#count);
    }
    get exceedsBigInt() {
      return BigInt(this.#exceeds);
    }
    get minBigInt() {
      return BigInt(this.min);
    }
    get maxBigInt() {
      return BigInt(this.max);
    }
    percentileBigInt(percent) {
      return BigInt(this.percentile(percent));
    }
    get percentilesBigInt() {
      return new Map([...this.percentiles].map(([percent, value]) =>
        [percent, BigInt(value)]));
    }
    toJSON() {
      const { count, min, max, mean, exceeds, stddev, percentiles } = this;
      return { count, min, max, mean, exceeds, stddev,
        percentiles: Object.fromEntries(percentiles) };
    }
  }

  class RecordableHistogram extends Histogram {
    #last;
    recordDelta() {
      const now = Math.round(library.now() * 1e6);
      if (this.#last !== undefined)
        this.record(Math.max(1, now - this.#last));
      this.#last = now;
    }
  }

  function createHistogram(options = {}) {
    check_object(options, 'options');
    const { lowest = 1, highest = value_max, figures = 3 } = options;
    check_integer(Number(lowest), 'options.lowest', 1);
    check_integer(Number(highest), 'options.highest', 2 * Number(lowest));
    check_integer(figures, 'options.figures', 1, 5);
    return new RecordableHistogram(Number(lowest), Number(highest));
  }

  /* How late timers are, in nanoseconds. */
  class LoopDelay extends Histogram {
    #resolution;
    #timer = null;
    constructor(resolution) {
      super(1, value_max);
      this.#resolution = resolution;
    }
    enable() {
      if (this.#timer)
        return false;
      let last = library.now();
      this.#timer = load('timers').setInterval(() => {
        const now = library.now();
        this.record(Math.max(1, Math.round((now - last) * 1e6)));
        last = now;
      }, this.#resolution);
      return true;
    }
    disable() {
      if (!this.#timer)
        return false;
      load('timers').clearInterval(this.#timer);
      this.#timer = null;
      return true;
    }
  }

  function monitorEventLoopDelay(options = {}) {
    check_object(options, 'options');
    const { resolution = 10 } = options;
    check_integer(resolution, 'options.resolution', 1);
    return new LoopDelay(resolution);
  }

  const constants = {
    NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1,
    NODE_PERFORMANCE_GC_INCREMENTAL: 8, NODE_PERFORMANCE_GC_WEAKCB: 16,
    NODE_PERFORMANCE_GC_FLAGS_NO: 0,
    NODE_PERFORMANCE_GC_FLAGS_CONSTRUCT_RETAINED: 2,
    NODE_PERFORMANCE_GC_FLAGS_FORCED: 4,
    NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING: 8,
    NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: 16,
    NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: 32,
    NODE_PERFORMANCE_GC_FLAGS_SCHEDULE_IDLE: 64,
  };

  /* The web's classes are globals. One that is not there refuses. */
  const module = { performance: globalThis.performance, constants,
    createHistogram, monitorEventLoopDelay };
  for (const name of ['Performance', 'PerformanceEntry', 'PerformanceMark',
    'PerformanceMeasure', 'PerformanceObserver',
    'PerformanceObserverEntryList', 'PerformanceResourceTiming'])
    module[name] = globalThis[name] ??
      load('node/unavailable').refusing_class('perf_hooks', name);
  return module;
})
