import { Component } from 'preact';
import { useState } from 'preact/hooks';
import { isNarrow } from '../core/width.js';
import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';

/**
 * @template Row
 * @typedef {{id: string, label: string, cell: (row: Row) => any,
 *            isHead?: boolean, isNumber?: boolean, isAction?: boolean,
 *            isMinor?: boolean, sort?: (row: Row) => number | bigint | string
 *            }} Column
 * cell is called anew when the row is another object, or columns another list:
 * make the list with useMemo(…, [language.value]), and let cells that show a
 * clock be components.
 * isHead: it names the row, and is the head of its card; isAction: buttons,
 * without a head for the eye; isMinor: the first to go where it is narrow;
 * sort: rows can be ordered by this
 */

/**
 * Rows with heads, which can be sorted; below 640 px a list of cards.
 *
 * @template Row
 * @param {{label: string, columns: Column<Row>[], rows: Row[],
 *          keyOf: (row: Row) => string, sortedBy?: string}} props
 * label: what the table is of, for readers; sortedBy: a column's id, with "-"
 * before it to begin with the largest
 */
export function Table({ label, columns, rows, keyOf, sortedBy = '' }) {
  const [order, setOrder] = useState(sortedBy);
  const sorted = inOrder(rows, columns, order);
  if (isNarrow.value)
    return <Cards label={label} columns={columns} rows={sorted} keyOf={keyOf} />;
  return (
    <div class="table-scroll" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>{columns.map((column) =>
            <Head key={column.id} column={column} order={order}
              setOrder={setOrder} />)}</tr>
        </thead>
        <tbody>
          {sorted.map((row) =>
            <Row key={keyOf(row)} row={row} columns={columns} />)}
        </tbody>
      </table>
    </div>
  );
}

/**
 * Drawn anew only when the row has become another object: live topics change
 * one row of many.
 *
 * @extends {Component<{row: any, columns: Column<any>[]}>}
 */
class Row extends Component {
  /** @param {{row: any, columns: Column<any>[]}} next */
  shouldComponentUpdate(next) {
    return next.row !== this.props.row || next.columns !== this.props.columns;
  }

  render() {
    const { row, columns } = this.props;
    return (
      <tr>
        {columns.map((column) => column.isHead
          ? <th key={column.id} scope="row">{column.cell(row)}</th>
          : <td key={column.id} class={classOf(column)}>{column.cell(row)}</td>)}
      </tr>
    );
  }
}

/** @param {Column<any>} column */
function classOf(column) {
  return [column.isNumber && 'number', column.isAction && 'action',
    column.isMinor && 'minor'].filter(Boolean).join(' ') || undefined;
}

/**
 * @param {{column: Column<any>, order: string,
 *          setOrder: (order: string) => void}} props
 */
function Head({ column, order, setOrder }) {
  const isBy = order.replace('-', '') === column.id;
  const isDown = isBy && order.startsWith('-');
  const words = column.isAction
    ? <span class="hidden">{column.label}</span> : column.label;
  return (
    <th scope="col" class={classOf(column)}
      aria-sort={isBy ? isDown ? 'descending' : 'ascending' : undefined}>
      {column.sort ? (
        <button type="button" class="sort"
          onClick={() => setOrder(isBy && !isDown ? `-${column.id}` : column.id)}>
          {words}
          <span class={`sort-mark${isBy ? isDown ? ' down' : ' up' : ''}`}>
            <Icon name="down" /></span>
        </button>
      ) : words}
    </th>
  );
}

/**
 * @template Row
 * @param {{label: string, columns: Column<Row>[], rows: Row[],
 *          keyOf: (row: Row) => string}} props
 */
function Cards({ label, columns, rows, keyOf }) {
  const head = columns.find((column) => column.isHead);
  const others = columns.filter((column) =>
    !column.isHead && !column.isAction && !column.isMinor);
  const actions = columns.filter((column) => column.isAction);
  return (
    <ul class="cards" aria-label={label}>
      {rows.map((row) => (
        <li class="card" key={keyOf(row)}>
          <div class="card-head">
            <div class="card-title">{head?.cell(row)}</div>
            {actions.map((column) => column.cell(row))}
          </div>
          <dl class="pairs">
            {others.map((column) => {
              const value = column.cell(row);
              // A cell of a table may be empty; a pair without a value is none.
              return value !== null && value !== undefined && value !== '' && (
                <div key={column.id}>
                  <dt>{column.label}</dt><dd>{value}</dd>
                </div>
              );
            })}
          </dl>
        </li>
      ))}
    </ul>
  );
}

/**
 * Rows that are equal keep the order in which they came.
 *
 * @template Row
 * @param {Row[]} rows
 * @param {Column<Row>[]} columns
 * @param {string} order
 */
function inOrder(rows, columns, order) {
  const sort = columns.find(({ id }) => id === order.replace('-', ''))?.sort;
  if (!sort)
    return rows;
  const turn = order.startsWith('-') ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [sort(a), sort(b)];
    if (typeof left === 'string' && typeof right === 'string')
      return turn * left.localeCompare(right);
    return left < right ? -turn : left > right ? turn : 0;
  });
}

/**
 * "12 of 50 are shown", where a filter is set.
 *
 * @param {{n: number, of: number}} props
 */
export function Count({ n, of }) {
  return <p class="muted" role="status">{text('table.count', { n, of })}</p>;
}
