/* Codes are said by the node, and told by the page: each that the sources have
 * has its sentence, what to do, and a line for who reads the documentation. */
import { readFileSync } from 'node:fs';
import { KINDS, REASONS, attentionAction, reasonAction }
  from '../../../../web/core/reasons.js';
import { parseRoute } from '../../../../web/core/router.js';
import { dutyKind, outcomeOf } from '../../../../web/core/rounds.js';
import { reasonText } from '../../../../web/core/task.js';
import { hasText, text } from '../../../../web/core/text.js';
import { assert, test } from './tap.js';

const source = (path) =>
  readFileSync(`${process.env.POND_SOURCE}/${path}`, 'utf8');
const all = (words, form) => [...words.matchAll(form)].map((found) => found[1]);

const CODES = all(source('src/node/parts/task_reason.h'),
  /REASON\([A-Z_]+, "(\w+)"\)/g);
const NOTICES = all(source('src/node/page/attention.c'), /^ {4}\{"\w+",\s*"(\w+)"/gm);
const SECTIONS = all(source('web/screens/settings/sections.js'), /name: '(\w+)'/g);
const TASK = 'DfXX9cRbwP9nZ5eGgCsMW3mN3tq1yMv3bYxn2fYk6pQ2';

/** Nothing is left of a form, and no value is missing. */
function isWhole(words) {
  return words.length > 4 && !/[{}|]|undefined|null/.test(words);
}

test('each reason has a sentence, an action and a line in docs/node.md', () => {
  assert.ok(CODES.length > 20);
  const documented = source('docs/node.md');
  for (const code of CODES) {
    const words = reasonText({ reason: code, error: 'the error', missing: ['KEY'] });
    assert.ok(hasText(`reason.${code}`) && isWhole(words), `${code}: ${words}`);
    assert.ok(code in REASONS, `nothing is to be done about ${code}`);
    assert.ok(documented.includes(`\`${code}\``), `docs/node.md has no ${code}`);
  }
  assert.deepEqual(Object.keys(REASONS).filter((code) => !CODES.includes(code)), []);
  assert.ok(isWhole(reasonText({ reason: 'variable', error: 'x' })));
  for (const reason of ['crashed', null])
    assert.ok(reasonText({ reason, error: 'no file: a.json\r\n    at main.js:1:77' })
      .endsWith('no file: a.json at main.js:1:77'));
});

test('each row of attention has a sentence and an action', () => {
  const kinds = [...new Set([...NOTICES, 'restarting', 'locked', 'session_new'])];
  assert.ok(NOTICES.length > 10);
  for (const kind of kinds)
    assert.ok(hasText(`attention.${kind}`), `there is no sentence for ${kind}`);
  const own = ['locked', 'session_new']; // orders of the list itself
  for (const kind of kinds.filter((one) => !own.includes(one)))
    assert.ok(kind in KINDS, `nothing is to be done about ${kind}`);
  assert.deepEqual(Object.keys(KINDS).filter((kind) => !kinds.includes(kind)), []);
});

test('what is to be done leads to a screen, under words', () => {
  const actions = [
    ...Object.keys(REASONS).map((code) => reasonAction(code, TASK)),
    ...Object.keys(KINDS).map((kind) =>
      attentionAction({ id: 'n1', level: 'red', kind, task: TASK })),
    attentionAction({ id: 'n1', level: 'red', kind: 'slashed', task: TASK, round: 7 }),
    attentionAction({ id: 'n1', level: 'red', kind: 'failed', task: TASK,
      reason: 'crashed' }),
  ].filter(Boolean);
  for (const { words, href } of actions) {
    assert.ok(words && !hasText(words) && !words.includes('.'), words);
    assert.ok(parseRoute(href).load, `there is no screen ${href}`);
    const [, section] = /^#\/settings\/(\w+)/.exec(href) ?? [];
    assert.ok(!section || SECTIONS.includes(section), `there is no section ${section}`);
  }
  assert.equal(attentionAction({ id: 'n1', level: 'red', kind: 'slashed',
    task: TASK, round: 7 }).href, `#/tasks/${TASK}/rounds/7`);
  assert.equal(attentionAction({ id: 'n1', level: 'red', kind: 'failed',
    task: TASK, reason: 'leaving' }).href, `#/tasks/${TASK}`);
  assert.equal(reasonAction('of a newer node', TASK), null);
});

test('an error code of the API has a text', () => {
  const told = ['api.c', 'api_answer.c', 'api_access.c'].flatMap((file) =>
    all(source(`src/node/page/${file}`), /\d{3}, "([a-z_]+)"/g));
  assert.ok(told.length > 10);
  for (const code of told)
    assert.ok(hasText(`error.${code}`) && isWhole(text(`error.${code}`,
      { text: 'what', n: 2 })), `there is no text for ${code}`);
});

/** The texts of a function, or of a table, from its beginning to its end. */
function textsIn(path, begin) {
  const whole = source(path);
  const at = whole.indexOf(begin);
  assert.ok(at >= 0, `${path} has no ${begin}`);
  const found = all(whole.slice(at, whole.indexOf('\n}', at)), /"([a-z][a-z_ -]*)"/g);
  assert.ok(found.length > 2, begin);
  return found;
}

test('each state, outcome, duty, sentence and entry of the node has its words', () => {
  const rounds = 'src/node/task/task_rounds.c';
  const outcomes = [...textsIn(rounds, 'static const char *outcome_of('),
    ...textsIn(rounds, 'static const char *standing_of(')];
  const keys = [
    ...textsIn('src/node/task/task_status.c', 'static const char *state_name(')
      .map((state) => `state.${state}`),
    ...outcomes.flatMap((outcome) => {
      const key = outcomeOf({ round: 1, outcome }, 9);
      return [`outcome.${key}`, `outcome_what.${key}`];
    }),
    ...textsIn('src/node/task/round.c', 'const char *round_action_name(')
      .map((kind) => `duty.${dutyKind(kind)}`),
    ...textsIn('src/node/task/round_duties.c', 'const char *round_duty_state_name(')
      .map((state) => `duty_state.${state}`),
    ...textsIn('src/node/page/api_node.c', 'static const char *sentence_kind(')
      .map((kind) => `sentence.${kind}`),
    ...textsIn('src/node/money/journal_earning.c', 'const char *journal_earning_name(')
      .filter((kind) => kind !== 'unknown').map((kind) => `book.kind_${kind}`),
  ];
  assert.ok(keys.length > 60);
  assert.deepEqual(keys.filter((key) => !hasText(key)), []);
});
