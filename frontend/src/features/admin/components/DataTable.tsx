import type { ReactNode } from "react";

/** The orders of a list by a column: the values of the list's sort parameter. */
interface ColumnSort {
  ascending: string;
  descending: string;
}

export interface Column<Row> {
  label: string;
  isNumber?: boolean;
  /** Whether the cell is the row's header. */
  isHead?: boolean;
  sort?: ColumnSort;
  cell: (row: Row) => ReactNode;
}

export interface Sorting {
  /** The order of the list. */
  current: string;
  onSort: (sort: string) => void;
}

export interface Selection {
  has: (key: string) => boolean;
  toggle: (key: string, isRange: boolean) => void;
}

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sorting?: Sorting;
  /** The rows can be selected if this is given, under the name that `rowName` returns. */
  selection?: Selection;
  rowName?: (row: Row) => string;
}

/** A table with a caption. It scrolls in itself if it is too wide. On phones, rows become cards. */
export function DataTable<Row>({
  caption,
  columns,
  rows,
  rowKey,
  sorting,
  selection,
  rowName = rowKey,
}: Props<Row>) {
  return (
    <div className="table-scroll">
      <table className="table data-table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {selection && (
              <th scope="col">
                <span className="visually-hidden">Selected</span>
              </th>
            )}
            {columns.map((column) => (
              <Heading key={column.label} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {selection && (
                <td className="select-cell">
                  <SelectBox name={rowName(row)} id={rowKey(row)} selection={selection} />
                </td>
              )}
              {columns.map((column) => (
                <Cell key={column.label} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadingProps<Row> {
  column: Column<Row>;
  sorting: Sorting | undefined;
}

function Heading<Row>({ column: { label, isNumber, sort }, sorting }: HeadingProps<Row>) {
  const className = isNumber ? "is-number" : "";
  if (!sort || !sorting) {
    return (
      <th scope="col" className={className}>
        {label}
      </th>
    );
  }
  const isAscending = sorting.current === sort.ascending;
  const isDescending = sorting.current === sort.descending;
  const other = isAscending ? sort.descending : sort.ascending;
  return (
    <th scope="col" className={className} aria-sort={sortName(isAscending, isDescending)}>
      <button type="button" className="sort-button" onClick={() => sorting.onSort(other)}>
        {label}
        <span aria-hidden="true">{(isAscending && "▲") || (isDescending && "▼") || "↕"}</span>
      </button>
    </th>
  );
}

function sortName(isAscending: boolean, isDescending: boolean) {
  if (isAscending) return "ascending";
  return isDescending ? "descending" : "none";
}

interface SelectBoxProps {
  id: string;
  name: string;
  selection: Selection;
}

function SelectBox({ id, name, selection }: SelectBoxProps) {
  return (
    <label className="select-box">
      <input
        type="checkbox"
        className="form-check-input"
        checked={selection.has(id)}
        aria-label={`Select ${name}`}
        // A change event does not tell whether the Shift key is pressed.
        onClick={(event) => selection.toggle(id, event.shiftKey)}
        onChange={() => undefined}
      />
    </label>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const content = column.cell(row);
  if (column.isHead) return <th scope="row">{content}</th>;
  return (
    <td data-label={column.label} className={column.isNumber ? "is-number figure" : ""}>
      {content}
    </td>
  );
}
