import Table from "cli-table3";
import { sumTallies, type Tally } from "./tally.js";

const HEAD = ["event", "deliveries", "bytes before", "bytes after", "offloaded", "objects", "shared"];

/** A table of the events with the most bytes; the others share a row, so that it fits a screen. */
export function renderTable(tallies: readonly Tally[], rows: number): string {
  const ranked = tallies.toSorted((a, b) => b.bytesBefore - a.bytesBefore);
  const shown = ranked.slice(0, rows);
  const others = ranked.slice(rows);
  if (others.length > 0) shown.push(sumTallies(`${others.length} other events`, others));

  const table = new Table({
    head: HEAD,
    colAligns: HEAD.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  table.push(...shown.map(cells), cells(sumTallies("total", tallies)));
  return table.toString();
}

function cells(tally: Tally): string[] {
  const { event, deliveries, bytesBefore, bytesAfter, offloaded, objects, shared } = tally;
  return [event, ...[deliveries, bytesBefore, bytesAfter, offloaded, objects, shared].map(formatCount)];
}

export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}
