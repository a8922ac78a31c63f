/*
 * performance (High Resolution Time, Performance Timeline, User Timing). The
 * entries are a task's own marks and measures.
 */
'use strict';

(function (library) {
  const { load, began } = library;
  const { make, check_function } = load('node/errors');
  const { DOMException } = load('dom_exception');
  const { EventTarget } = load('event_target');
  const { dictionary, illegal, need } = load('web_idl');

  const now = () => library.now() - began;
  const time_origin = Date.now() - now();

  let is_making = false;
  function make_entry(own, ...values) {
    is_making = true;
    try {
      return new own(...values);
    } finally {
      is_making = false;
    }
  }

  function refuse_task() {
    if (!is_making)
      throw illegal();
  }

  class PerformanceEntry {
    #name;
    #type;
    #start;
    #duration;
    constructor(name, type, start, duration) {
      refuse_task();
      this.#name = name;
      this.#type = type;
      this.#start = start;
      this.#duration = duration;
    }
    get name() {
      return this.#name;
    }
    get entryType() {
      return this.#type;
    }
    get startTime() {
      return this.#start;
    }
    get duration() {
      return this.#duration;
    }
    toJSON() {
      const { name, entryType, startTime, duration } = this;
      return { name, entryType, startTime, duration };
    }
    [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
      return `${this.constructor.name} ${inspect(this.toJSON())}`;
    }
  }

  const detail_of = (value) => value === undefined || value === null ? null
    : load('clone').structuredClone(value);

  class PerformanceMark extends PerformanceEntry {
    #detail;
    constructor(name, options = undefined) {
      need(arguments.length, 1, 'PerformanceMark');
      const { startTime, detail } = dictionary(options, 'options');
      const start = startTime === undefined ? now() : time_of(startTime);
      const copy = detail_of(detail);
      is_making = true;
      super(`${name}`, 'mark', start, 0);
      is_making = false;
      this.#detail = copy;
    }
    get detail() {
      return this.#detail;
    }
    toJSON() {
      return { ...super.toJSON(), detail: this.#detail };
    }
  }

  class PerformanceMeasure extends PerformanceEntry {
    #detail;
    constructor(name, start, duration, detail) {
      super(name, 'measure', start, duration);
      this.#detail = detail;
    }
    get detail() {
      return this.#detail;
    }
    toJSON() {
      return { ...super.toJSON(), detail: this.#detail };
    }
  }

  function time_of(value) {
    const time = Number(value);
    if (!Number.isFinite(time))
      throw new TypeError('a time must be a finite number');
    if (time < 0)
      throw make(TypeError, 'ERR_PERFORMANCE_INVALID_TIMESTAMP',
        `${time} is not a valid timestamp`);
    return time;
  }

  /* All entries, in the order of their start. */
  let timeline = [];
  const observers = new Set();

  function keep(entry) {
    let place = timeline.length;
    while (place > 0 && timeline[place - 1].startTime > entry.startTime)
      place--;
    timeline.splice(place, 0, entry);
    for (const observer of observers)
      offer(observer, entry);
    return entry;
  }

  /* A mark's name or a time (User Timing, "convert a mark to a timestamp"). */
  function moment(mark) {
    if (typeof mark === 'number')
      return time_of(mark);
    const name = `${mark}`;
    const found = timeline.findLast((entry) => entry.entryType === 'mark' &&
      entry.name === name);
    if (!found)
      throw new DOMException(`The "${name}" performance mark has not been set`,
        'SyntaxError');
    return found.startTime;
  }

  /* The options of measure() as {start, end, duration, detail}. */
  function span_of(from, to) {
    const is_options = typeof from === 'object' && from !== null;
    if (!is_options)
      return { start: from, end: to };
    const { start, end, duration, detail } = from;
    if ([start, end, duration, detail].every((each) => each === undefined))
      return { end: to };
    if (to !== undefined)
      throw new TypeError('an end mark and options exclude each other');
    if (start === undefined && end === undefined)
      throw new TypeError('the options need a start or an end');
    if (start !== undefined && end !== undefined && duration !== undefined)
      throw new TypeError('start, end and duration exclude each other');
    return { start, end, duration, detail };
  }

  function measure_of(name, from, to) {
    const { start, end, duration, detail } = span_of(from, to);
    const last = end !== undefined ? moment(end)
      : start !== undefined && duration !== undefined
        ? moment(start) + moment(Number(duration)) : now();
    const first = start !== undefined ? moment(start)
      : duration !== undefined ? last - moment(Number(duration)) : 0;
    return make_entry(PerformanceMeasure, name, first, last - first,
      detail_of(detail));
  }

  const select = (list, name, type) => list.filter((entry) =>
    (name === undefined || entry.name === `${name}`) &&
    (type === undefined || entry.entryType === `${type}`));

  function clear(type, name) {
    timeline = timeline.filter((entry) => entry.entryType !== type ||
      name !== undefined && entry.name !== `${name}`);
  }

  class Performance extends EventTarget {
    #brand;
    constructor() {
      refuse_task();
      super();
    }
    get timeOrigin() {
      this.#brand;
      return time_origin;
    }
    now() {
      this.#brand;
      return now();
    }
    mark(name, options = undefined) {
      need(arguments.length, 1, 'mark');
      return keep(new PerformanceMark(name, options));
    }
    measure(name, start_or_options = undefined, end = undefined) {
      need(arguments.length, 1, 'measure');
      return keep(measure_of(`${name}`, start_or_options, end));
    }
    clearMarks(name = undefined) {
      clear('mark', name);
    }
    clearMeasures(name = undefined) {
      clear('measure', name);
    }
    /* Fetches are not entered in the timeline. */
    clearResourceTimings() {}
    setResourceTimingBufferSize() {}
    getEntries() {
      return [...timeline];
    }
    getEntriesByName(name, type = undefined) {
      need(arguments.length, 1, 'getEntriesByName');
      return select(timeline, name, type);
    }
    getEntriesByType(type) {
      need(arguments.length, 1, 'getEntriesByType');
      return select(timeline, undefined, type);
    }
    /* Node's: a function whose calls are measured. */
    timerify(callback) {
      check_function(callback, 'fn');
      return function timerified(...values) {
        const start = now();
        const result = new.target ? Reflect.construct(callback, values,
          callback) : Reflect.apply(callback, this, values);
        const entry = make_entry(PerformanceEntry, callback.name, 'function',
          start, now() - start);
        for (const observer of observers)
          offer(observer, entry);
        return result;
      };
    }
    toJSON() {
      return { timeOrigin: time_origin };
    }
  }

  const types = Object.freeze(['function', 'mark', 'measure']);

  class PerformanceObserverEntryList {
    #list;
    constructor(list) {
      refuse_task();
      this.#list = list;
    }
    getEntries() {
      return [...this.#list];
    }
    getEntriesByName(name, type = undefined) {
      need(arguments.length, 1, 'getEntriesByName');
      return select(this.#list, name, type);
    }
    getEntriesByType(type) {
      need(arguments.length, 1, 'getEntriesByType');
      return select(this.#list, undefined, type);
    }
  }

  let offer; /* tells an observer of an entry */

  class PerformanceObserver {
    #callback;
    #types = new Set();
    #kind = null; /* 'type' or 'entryTypes', which exclude each other */
    #waiting = [];
    constructor(callback) {
      need(arguments.length, 1, 'PerformanceObserver');
      check_function(callback, 'callback');
      this.#callback = callback;
    }
    static {
      offer = (observer, entry) => {
        if (!observer.#types.has(entry.entryType))
          return;
        observer.#waiting.push(entry);
        if (observer.#waiting.length === 1)
          load('timers').setImmediate(() => observer.#deliver());
      };
    }
    static get supportedEntryTypes() {
      return types;
    }
    #deliver() {
      const list = this.takeRecords();
      if (list.length)
        this.#callback(make_entry(PerformanceObserverEntryList, list), this);
    }
    observe(options = undefined) {
      const { entryTypes, type, buffered } = dictionary(options, 'options');
      if (entryTypes === undefined && type === undefined)
        throw make(TypeError, 'ERR_MISSING_ARGS',
          'The "options.entryTypes" or "options.type" argument must be ' +
          'specified');
      if (entryTypes !== undefined && (type !== undefined ||
        buffered !== undefined))
        throw new TypeError('entryTypes excludes the other options');
      const kind = type === undefined ? 'entryTypes' : 'type';
      if (this.#kind && this.#kind !== kind)
        throw new DOMException(`this observer observes by ${this.#kind}`,
          'InvalidModificationError');
      this.#kind = kind;
      if (kind === 'entryTypes')
        this.#types = new Set();
      const wanted = (kind === 'type' ? [`${type}`] : [...entryTypes])
        .filter((each) => types.includes(each));
      wanted.forEach((each) => this.#types.add(each));
      if (this.#types.size)
        observers.add(this);
      if (buffered)
        select(timeline, undefined, type).forEach((entry) =>
          offer(this, entry));
    }
    disconnect() {
      observers.delete(this);
      this.#types = new Set();
      this.#waiting = [];
      this.#kind = null;
    }
    takeRecords() {
      const list = this.#waiting;
      this.#waiting = [];
      return list;
    }
  }

  for (const own of [PerformanceEntry, PerformanceMark, PerformanceMeasure,
    Performance, PerformanceObserverEntryList, PerformanceObserver])
    load('web_idl').tag(own, own.name);

  return { performance: make_entry(Performance), Performance, PerformanceEntry,
    PerformanceMark, PerformanceMeasure, PerformanceObserver,
    PerformanceObserverEntryList };
})
