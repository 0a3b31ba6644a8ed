import { rowsOf } from "../table.js";

/** A row of a table in docs/stores/requests.md. */
interface DocumentedRequests {
  readonly call: string;
  /** By column; a cell without a number is left out. */
  readonly requests: Readonly<Record<string, number>>;
  readonly least: number;
  readonly why: string;
}

/** The rows of the table behind a heading, whose columns of requests have these names. */
export function documentedRequests(heading: string, columns: readonly string[]): DocumentedRequests[] {
  return rowsOf("docs/stores/requests.md", `## ${heading}`).map(([call, ...cells]) => {
    const counts = cells.slice(0, columns.length);
    const [least, why] = cells.slice(columns.length);
    const given = columns.map((column, index) => [column, counts[index]!] as const).filter(([, count]) => count !== "");
    const requests = Object.fromEntries(given.map(([column, count]) => [column, Number(count)]));
    return { call: call!, requests, least: Number(least), why: why! };
  });
}

/** Fails unless a table has just these calls, with these requests, and says why where they are more than the least. */
export function expectDocumented(
  heading: string,
  columns: readonly string[],
  counted: Readonly<Record<string, Readonly<Record<string, number>>>>,
): void {
  const rows = documentedRequests(heading, columns);
  expect(Object.fromEntries(rows.map(({ call, requests }) => [call, requests]))).toEqual(counted);
  for (const { call, requests, least, why } of rows) {
    const isMore = Object.values(requests).some((count) => count > least);
    expect([call, isMore]).toEqual([call, why !== ""]);
    expect([call, Math.min(...Object.values(requests)) >= least]).toEqual([call, true]);
  }
}
