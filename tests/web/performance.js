/* performance (High Resolution Time, Performance Timeline, User Timing). */
'use strict';

function clock({ same }) {
  const before = performance.now();
  same(before >= 0 && performance.now() >= before, true, 'now goes on');
  same(Math.abs(performance.timeOrigin + before - Date.now()) < 5000, true,
    'timeOrigin');
  same(performance instanceof Performance, true, 'its class');
  same(performance instanceof EventTarget, true, 'a target');
  same(typeof performance.toJSON().timeOrigin, 'number', 'toJSON');
  same(Object.prototype.toString.call(performance), '[object Performance]',
    'the tag');
}

function marks({ same, throws }) {
  const mark = performance.mark('a', { startTime: 5, detail: { x: [1] } });
  same([mark.name, mark.entryType, mark.startTime, mark.duration],
    ['a', 'mark', 5, 0], 'a mark');
  same(mark.detail, { x: [1] }, 'its detail');
  same([mark instanceof PerformanceMark, mark instanceof PerformanceEntry],
    [true, true], 'its class');
  const before = performance.now();
  const now = performance.mark('b');
  same(now.startTime >= before && now.startTime <= performance.now(), true,
    'a mark of now');
  same(now.detail, null, 'no detail');
  same(performance.mark('zero', { startTime: 0 }).startTime, 0, 'the time 0');
  same(performance.mark('null', { detail: null }).detail, null,
    'the detail null');
  const json = mark.toJSON();
  same([json.name, json.entryType, json.startTime, json.duration],
    ['a', 'mark', 5, 0], 'toJSON of a mark');
  throws(() => performance.mark(), TypeError, 'no name');
  throws(() => performance.mark('x', { startTime: -1 }), TypeError,
    'a time before the beginning');
  throws(() => performance.mark('x', { detail: () => {} }), 'DataCloneError',
    'a detail that can not be cloned');
  const own = new PerformanceMark('own', { startTime: 1 });
  same([own.name, own.startTime], ['own', 1], 'a mark made by itself');
  same(performance.getEntriesByName('own'), [], 'is not in the timeline');
  throws(() => new PerformanceEntry('x'), TypeError, 'an entry by itself');
  performance.clearMarks();
}

function measures({ same, throws }) {
  performance.mark('from', { startTime: 10 });
  performance.mark('to', { startTime: 30 });
  for (const [what, values, start, duration] of [
    ['two marks', ['from', 'to'], 10, 20],
    ['marks in options', [{ start: 'from', end: 'to' }], 10, 20],
    ['times in options', [{ start: 1, end: 4 }], 1, 3],
    ['a start and a duration', [{ start: 'from', duration: 5 }], 10, 5],
    ['an end and a duration', [{ end: 'to', duration: 5 }], 25, 5],
    ['an end only', [{ end: 12 }], 0, 12], ['no start', [undefined, 'to'], 0,
      30]]) {
    const measure = performance.measure('m', ...values);
    same([measure.name, measure.entryType, measure.startTime,
      measure.duration], ['m', 'measure', start, duration],
    `measure of ${what}`);
  }
  /* The mark may lie ahead of a worker that started fast. */
  while (performance.now() <= 10);
  const open = performance.measure('open', 'from');
  same(open.startTime, 10, 'measure until now');
  same(open.duration > 0, true, 'how long');
  const all = performance.measure('all');
  same(all.startTime, 0, 'measure from the beginning');
  same(performance.measure('d', { start: 0, detail: 5 }).detail, 5,
    'a detail of a measure');
  same(all instanceof PerformanceMeasure, true, 'class of a measure');
  for (const [what, values] of [['an unknown mark', ['nothing']],
    ['an unknown end', ['from', 'nothing']],
    ['an unknown mark in options', [{ start: 'nothing' }]]])
    throws(() => performance.measure('x', ...values), 'SyntaxError', what);
  throws(() => performance.measure(), TypeError, 'a measure without name');
  performance.mark('from', { startTime: 20 });
  same(performance.measure('x', 'from', 'to').duration, 10,
    'the last mark of a name counts');
  performance.clearMarks();
  performance.clearMeasures();
}

function refused_options({ throws }) {
  throws(() => performance.measure('x', { start: 1, end: 2, duration: 3 }),
    TypeError, 'too many options');
  throws(() => performance.measure('x', { detail: 1 }), TypeError,
    'too few options');
  throws(() => performance.measure('x', { start: 1 }, 'to'), TypeError,
    'options and an end');
  throws(() => performance.measure('x', { start: -1 }), TypeError,
    'a measure from before the beginning');
  performance.clearMeasures();
}

function timeline({ same, throws }) {
  performance.mark('b', { startTime: 2 });
  performance.mark('a', { startTime: 1 });
  performance.measure('a', { start: 0, end: 3 });
  performance.mark('a', { startTime: 4 });
  const names = (list) => list.map((entry) =>
    `${entry.entryType} ${entry.name} ${entry.startTime}`);
  same(names(performance.getEntriesByType('mark')), ['mark a 1', 'mark b 2',
    'mark a 4'], 'by type, in order of time');
  same(names(performance.getEntriesByName('a')), ['measure a 0', 'mark a 1',
    'mark a 4'], 'by name');
  same(names(performance.getEntriesByName('a', 'measure')), ['measure a 0'],
    'by name and type');
  same(performance.getEntriesByType('nothing'), [], 'an unknown type');
  same(performance.getEntriesByName('nothing'), [], 'an unknown name');
  performance.clearMarks('a');
  same(names(performance.getEntriesByType('mark')), ['mark b 2'],
    'marks of a name are cleared');
  performance.clearMeasures();
  same(performance.getEntriesByType('measure'), [], 'measures are cleared');
  performance.clearMarks();
  same(performance.getEntriesByType('mark'), [], 'all are cleared');
  throws(() => performance.getEntriesByType(), TypeError, 'no type');
  throws(() => performance.getEntriesByName(), TypeError, 'by no name');
}

async function observing({ same, sleep, throws }) {
  const seen = [];
  const observer = new PerformanceObserver((list, own) => {
    seen.push(...list.getEntries().map((entry) => entry.name),
      own === observer, list instanceof PerformanceObserverEntryList,
      list.getEntriesByType('measure').length,
      list.getEntriesByName('one').length);
  });
  observer.observe({ entryTypes: ['mark', 'measure', 'unknown'] });
  performance.mark('one');
  performance.measure('two');
  same(seen, [], 'an observer is called later');
  await sleep(15);
  same(seen, ['one', 'two', true, true, 1, 1], 'with all entries');
  performance.mark('three');
  same(observer.takeRecords().map((entry) => entry.name), ['three'],
    'takeRecords');
  await sleep(15);
  same(seen.length, 6, 'what is taken does not come');
  performance.mark('four');
  observer.disconnect();
  await sleep(15);
  same(seen.length, 6, 'nor after disconnect');
  const late = [];
  const buffered = new PerformanceObserver((list) =>
    late.push(...list.getEntries().map((entry) => entry.name)));
  buffered.observe({ type: 'mark', buffered: true });
  await sleep(15);
  same(late.includes('one'), true, 'buffered entries');
  buffered.disconnect();
  same(PerformanceObserver.supportedEntryTypes.includes('mark'), true,
    'supportedEntryTypes');
  throws(() => new PerformanceObserver(), TypeError, 'no callback');
  throws(() => observer.observe({}), TypeError, 'observe nothing');
  throws(() => observer.observe(), TypeError, 'observe without options');
  performance.clearMarks();
  performance.clearMeasures();
}

module.exports = async (check) => {
  for (const group of [clock, marks, measures, refused_options, timeline,
    observing])
    await check.group(group.name, () => group(check));
};
