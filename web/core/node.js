/**
 * What every screen asks of the node: its name and network, what it can, and
 * what stands on its attention list. App watches these topics all the time.
 */
import { computed } from '@preact/signals';
import { connection, topicState } from './live.js';
import { now } from './time.js';

/** Figures that are older say so. */
const OLD_MS = 30000;

/** GET node, kept up to date; undefined until it has come. */
export const node = computed(() => topicState('node').value.data);

/**
 * @typedef {'seal' | 'kpl' | 'schedules' | 'conditions' | 'variables' | 'notify' |
 *           'services' | 'simulate' | 'validators' | 'faucet' | 'evidence' |
 *           'catalog' | 'deploy' | 'networks' | 'places' | 'restart'} Ability
 */

/**
 * Whether the node can do something: what it can't is not shown at all.
 *
 * @param {Ability} what
 * @returns {boolean}
 */
export function can(what) {
  return Boolean(node.value?.can?.includes(what));
}

const LEVELS = ['red', 'amber', 'info'];

/**
 * @typedef {{id: string, kind: string, level: 'red' | 'amber' | 'info',
 *            at?: number, task?: string, round?: number, amount?: string,
 *            reason?: string, error?: string, text?: string,
 *            until?: number, read?: boolean}} AttentionRow
 */

/** What is to be looked at and was not: the worst first, then the newest. */
export const attention = computed(() =>
  attentionRows(topicState('attention').value.data)
    .filter((row) => !row.read)
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) ||
      (b.at ?? 0) - (a.at ?? 0)));

export const redCount = computed(() =>
  attention.value.filter(({ level }) => level === 'red').length);

/**
 * What is said first: the node's own sentence, or that something on the list
 * needs its operator, though all tasks may be working.
 *
 * @param {{kind: string, working: number, tasks: number, need: number}} told
 * @param {AttentionRow[]} rows
 */
export function headline(told, rows) {
  const asIs = ['locked', 'settlement', 'none'];
  if (asIs.includes(told.kind))
    return told;
  const kind = ['red', 'amber'].find((level) => told.kind === level ||
    rows.some((row) => row.level === level));
  if (!kind)
    return told;
  const need = Math.max(told.kind === kind ? told.need : 0,
    rows.filter((row) => row.level === kind).length);
  if (kind === 'amber' && told.working < told.tasks)
    return { ...told, kind: 'amber_some', need };
  return { ...told, kind, need };
}

/**
 * The topic is an object by id, as it is patched; a GET has a list.
 *
 * @param {any} data
 * @returns {AttentionRow[]}
 */
export function attentionRows(data) {
  if (Array.isArray(data))
    return data;
  return Object.entries(data ?? {}).map(([id, row]) => ({ id, ...row }));
}

/**
 * Since when figures stand still, because the node does not answer, or
 * settlement does not answer it; 0: they don't.
 *
 * @returns {number}
 */
export function standsSince() {
  const { state, since: lost } = connection.value;
  const since = state === 'lost' ? lost : node.value?.away_since;
  return since && now.value - since > OLD_MS ? since : 0;
}

/**
 * Which kind of network a name is of: private ones have coins without value.
 *
 * @param {string | undefined} name
 * @returns {'private' | 'test' | 'main'}
 */
export function networkKind(name) {
  if (name === 'mainnet' || name === 'main')
    return 'main';
  return /^test|^dev/.test(name ?? '') ? 'test' : 'private';
}
