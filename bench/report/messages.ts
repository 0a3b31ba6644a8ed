import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SDK_ALONE, type MessagesResults, type MessagesRow } from "../shows/messages-results.js";
import { escape, machineText, svg } from "./svg.js";

const BEGIN = "<!-- messages a second: written by npx tsx bench/report.ts -->";
const END = "<!-- /messages a second -->";

// Bytes of messages where what coatcheck does itself tells.
const SIZES = [10_000, 70_000];

const WIDTH = 860;
const LEFT = 210;
const RIGHT = 110;
const BAR = 16;
const ROW = 22;
const TITLE = 34;
const HEAD = 64;

/** The run that is shown, of Node 20 by HTTP, and the others of a folder: oldest Node first, TLS after HTTP. */
export function messagesRuns(folder: string): { results: MessagesResults; others: MessagesResults[] } {
  const files = readdirSync(folder).filter((file) => /^messages-\d+(-tls)?\.json$/.test(file));
  const [results, ...others] = files
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as MessagesResults)
    .sort((a, b) => Number.parseInt(a.machine.node) - Number.parseInt(b.machine.node) || Number(a.tls) - Number(b.tls));
  return { results: results!, others };
}

/**
 * A page with the figures in the place of those that it has.
 *
 * @param others runs on other versions of Node, or by TLS
 */
export function withMessages(page: string, results: MessagesResults, others: readonly MessagesResults[]): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`The page has no place for the figures: ${BEGIN}, ${END}.`);
  const { rounds, tls, machine } = results;
  const of = `${machineText(machine)}, ${tls ? "TLS" : "HTTP"}, ${rounds === 1 ? "one round" : `${rounds} rounds`}.`;
  return `${page.slice(0, begin)}${BEGIN}\n\n${of}\n\n${table(results)}\n\n${elsewhere([results, ...others])}\n\n${page.slice(end)}`;
}

/** What coatcheck makes of one run after the other, against each of those that were measured in all of them. */
function elsewhere(runs: readonly MessagesResults[]): string {
  const names = runs
    .map(({ rows }) => new Set(rows.map(({ contender }) => contender)))
    .reduce((all, some) => new Set([...all].filter((name) => some.has(name))));
  const rivals = [...names].filter((name) => !name.startsWith("coatcheck"));
  const head = ["messages", "Node", "by", "a second of CPU", ...rivals.map((name) => `against ${name}`)];
  const lines = SIZES.flatMap((bytes) =>
    runs.map(({ rows, tls, machine }) => {
      const ofSize = new Map(rows.filter((row) => row.bytes === bytes).map((row) => [row.contender, perSecond(row)]));
      const ours = ofSize.get("coatcheck")!;
      const ratios = rivals.map((name) => (ours / ofSize.get(name)!).toFixed(2));
      return [`${bytes / 1000} KB`, machine.node, tls ? "TLS" : "HTTP", ours.toFixed(0), ...ratios];
    }),
  );
  return [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function table({ rows }: MessagesResults): string {
  const head = ["messages", "contender", "out", "in", "a second of CPU", "against the SDK alone"];
  const lines = rows.map((row) => [
    size(row),
    row.contender,
    `${row.out.toFixed(0)} µs`,
    `${row.back.toFixed(0)} µs`,
    perSecond(row).toFixed(0),
    againstSdk(row, rows)?.toFixed(2) ?? "",
  ]);
  return [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** An SVG: messages a second of CPU, a panel for each size, each with a scale of its own. */
export function messagesChart({ rows, machine, tls }: MessagesResults): string {
  const parts = [
    `<text class="head" x="16" y="26">Messages out and back over S3, in a second of CPU</text>`,
    `<text class="quiet" x="16" y="46">To the right: more. ${escape(machineText(machine))}, ${tls ? "TLS" : "HTTP"}.</text>`,
  ];
  let y = HEAD;
  for (const bytes of new Set(rows.map((row) => row.bytes))) {
    const ofSize = rows.filter((row) => row.bytes === bytes);
    parts.push(panel(ofSize, y));
    y += TITLE + ofSize.length * ROW;
  }
  return svg("Messages a second of CPU beside others", { width: WIDTH, height: y + 16 }, parts);
}

function panel(rows: readonly MessagesRow[], top: number): string {
  const most = Math.max(...rows.map(perSecond));
  const bars = rows.map((row, index) => {
    const y = top + TITLE + index * ROW;
    const width = (perSecond(row) / most) * (WIDTH - LEFT - RIGHT);
    const ratio = againstSdk(row, rows);
    const figure = perSecond(row).toFixed(0) + (ratio === undefined ? "" : ` (${ratio.toFixed(2)}×)`);
    return (
      `<text x="${LEFT - 8}" y="${y + BAR - 4}" text-anchor="end">${escape(row.contender)}</text>` +
      `<rect class="${row.contender.startsWith("coatcheck") ? "ours" : "other"}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>` +
      `<text class="quiet" x="${(LEFT + width + 6).toFixed(1)}" y="${y + BAR - 4}">${figure}</text>`
    );
  });
  return [`<text class="title" x="16" y="${top + 24}">${size(rows[0]!)}</text>`, ...bars].join("\n");
}

function perSecond({ out, back }: MessagesRow): number {
  return 1e6 / (out + back);
}

function againstSdk(row: MessagesRow, rows: readonly MessagesRow[]): number | undefined {
  const base = rows.find(({ bytes, contender }) => bytes === row.bytes && contender === SDK_ALONE);
  return base && perSecond(row) / perSecond(base);
}

function size({ bytes }: MessagesRow): string {
  return `${bytes / 1000} KB`;
}
