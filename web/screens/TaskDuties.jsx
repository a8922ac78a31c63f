import { useMemo } from 'preact/hooks';
import { dutyKind } from '../core/rounds.js';
import { slotTime } from '../core/task.js';
import { language, number, text } from '../core/text.js';
import { hasPlace } from '../routes.js';
import { shortKey } from '../parts/Key.jsx';
import { Table } from '../parts/Table.jsx';
import { Time } from '../parts/Time.jsx';

/** @typedef {import('../core/rounds.js').Duty} Duty */

/**
 * What the round picture shows, in words.
 *
 * @param {{duties: Duty[]}} props
 */
export function DutyTable({ duties }) {
  const isSigned = duties.some(({ signature }) => signature);
  const columns = useMemo(() => columnsOf(isSigned), [language.value, isSigned]);
  return (
    <Table label={text('task.duties')} columns={columns} rows={duties}
      keyOf={(duty) => `${duty.kind} ${duty.round}`} />
  );
}

/** @param {boolean} isSigned some have a transaction */
function columnsOf(isSigned) {
  return [
    { id: 'duty', label: text('duties.duty'), isHead: true,
      cell: (/** @type {Duty} */ duty) => text(`duty.${dutyKind(duty.kind)}`) },
    { id: 'round', label: text('node.round'), isNumber: true,
      cell: (/** @type {Duty} */ duty) => number(duty.round) },
    { id: 'slots', label: text('duties.slots'),
      cell: (/** @type {Duty} */ duty) => <Slots duty={duty} /> },
    { id: 'state', label: text('node.state'),
      cell: (/** @type {Duty} */ duty) => stateOf(duty) },
    ...isSigned ? [{ id: 'transaction', label: text('duties.transaction'),
      cell: (/** @type {Duty} */ duty) => <Transaction value={duty.signature} />,
    }] : [],
  ];
}

/** @param {{duty: Duty}} props */
function Slots({ duty }) {
  const at = duty.slot ?? duty.from;
  const time = slotTime(at);
  return (
    <>
      {duty.slot ? text('duties.at_slot', { slot: duty.slot })
        : text('duties.from_until', { from: duty.from, until: duty.until })}
      {time > 0 && <div class="small muted"><Time at={time} isQuiet /></div>}
    </>
  );
}

/** @param {Duty} duty */
function stateOf({ kind, state, failures }) {
  if (state === 'open' && kind.endsWith('vote'))
    return text('duty_state.if_accused');
  return failures && state !== 'done'
    ? text('duties.failed_n', { state: text(`duty_state.${state}`), n: failures })
    : text(`duty_state.${state}`);
}

/** @param {{value: string | null | undefined}} props */
function Transaction({ value }) {
  if (!value)
    return <span class="unknown">{text('amount.unknown')}</span>;
  const shown = <code data-exact={value} title={value}>{shortKey(value)}</code>;
  return hasPlace('explorer')
    ? <a href={`#/explorer/tx/${value}`}>{shown}</a> : shown;
}
