import { FLOOR, OURS } from "../contenders/index.js";
import { isMeasured, type CompareRow, type Measured, type RowKey } from "../measure/row.js";
import { milliseconds, times } from "./format.js";
import { roundTrip } from "./peers.js";
import type { Results } from "./results.js";

/** What the chart shows, as far as it was measured: enough to see both the network and the CPU. */
const PANELS: readonly [storage: string, bench: string][] = [
  ["s3-30ms", "many-1350x2KiB"],
  ["s3-30ms", "few-200x1MiB"],
  ["s3-30ms", "deep-1MB"],
  ["s3-30ms", "github-batch"],
  ["s3-0ms", "wide-10MB"],
  ["memory", "wide-1MB"],
  ["memory", "deep-10MB"],
];
const MOST_PANELS = 7;

const WIDTH = 860;
const LEFT = 200;
const RIGHT = 90;
const BAR = 16;
const ROW = 22;
const TITLE = 34;
const HEAD = 64;

interface Panel {
  readonly title: string;
  readonly bars: readonly { readonly name: string; readonly ratio: number }[];
}

/**
 * An SVG: how long each contender takes for a round trip, times the time that ours takes. The scale is logarithmic; a bar
 * to the right is slower, one to the left faster. It is legible on light and dark pages.
 */
export function chart({ machine, compare }: Results): string {
  const panels = panelsOf(compare?.rows ?? []);
  const scale = scaleOf(panels.flatMap(({ bars }) => bars.map(({ ratio }) => ratio)));
  let y = HEAD;
  const parts: string[] = [];
  for (const panel of panels) {
    parts.push(drawPanel(panel, y, scale));
    y += TITLE + panel.bars.length * ROW;
  }
  const height = y + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Time of a round trip beside coatcheck">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; }
.head { font-size: 16px; font-weight: 600; }
.quiet { fill: #57606a; }
.grid { stroke: #d0d7de; }
.one { stroke: #57606a; }
.ours { fill: #1a7f37; }
.other { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.quiet { fill: #9198a1; }
.grid { stroke: #3d444d; }
.one { stroke: #9198a1; }
.ours { fill: #3fb950; }
.other { fill: #656c76; }
}
</style>
<text class="head" x="16" y="26">Dehydrate and hydrate: time, coatcheck = 1</text>
<text class="quiet" x="16" y="46">Shorter is faster; logarithmic. Node ${machine.node}, ${escape(machine.cpu)}, ${machine.cores} cores.</text>
${drawGrid(scale, HEAD, y)}
${parts.join("\n")}
</svg>
`;
}

function panelsOf(rows: readonly CompareRow[]): Panel[] {
  const measured = rows.filter(isMeasured);
  const all = measured.map(({ storage, case: bench }) => `${storage} ${bench}`);
  const preferred = PANELS.map((panel) => panel.join(" ")).filter((key) => all.includes(key));
  const keys = [...new Set(preferred.length > 0 ? preferred : all)].slice(0, MOST_PANELS);
  return keys.flatMap((key) => panelOf(measured.filter(({ storage, case: bench }) => `${storage} ${bench}` === key)));
}

function panelOf(rows: readonly (RowKey & Measured)[]): Panel[] {
  const ours = rows.find(({ contender }) => contender === OURS);
  if (ours === undefined) return [];
  const isMemory = ours.storage === "memory";
  const shown = rows.filter(({ contender }) => isMemory || contender !== FLOOR); // what stores nothing says nothing there
  const bars = shown.map((row) => ({ name: row.contender, ratio: roundTrip(row) / roundTrip(ours) }));
  const where = isMemory ? "memory store" : `S3, ${ours.storage.replace("s3-", "").replace("ms", " ms")} a request`;
  return [{ title: `${ours.case}, ${where} (coatcheck: ${milliseconds(roundTrip(ours))})`, bars }];
}

interface Scale {
  readonly ticks: readonly number[];
  readonly x: (ratio: number) => number;
}

function scaleOf(ratios: readonly number[]): Scale {
  const low = Math.floor(Math.log10(Math.min(1, ...ratios)));
  const high = Math.max(Math.ceil(Math.log10(Math.max(1, ...ratios))), low + 1);
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const width = WIDTH - LEFT - RIGHT;
  return { ticks, x: (ratio) => LEFT + ((Math.log10(ratio) - low) / (high - low)) * width };
}

function drawGrid({ ticks, x }: Scale, top: number, bottom: number): string {
  return ticks
    .map((tick) => {
      const at = x(tick).toFixed(1);
      const line = `<line class="${tick === 1 ? "one" : "grid"}" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/>`;
      return `${line}<text class="quiet" x="${at}" y="${bottom + 18}" text-anchor="middle">${times(tick)}</text>`;
    })
    .join("\n");
}

function drawPanel({ title, bars }: Panel, top: number, { x }: Scale): string {
  const lines = bars.map(({ name, ratio }, index) => {
    const y = top + TITLE + index * ROW;
    const [from, to] = ratio < 1 ? [x(ratio), x(1)] : [x(1), x(ratio)];
    const width = Math.max(to - from, 2);
    const baseline = y + BAR - 4;
    return (
      `<text x="${LEFT - 8}" y="${baseline}" text-anchor="end">${escape(name)}</text>` +
      `<rect class="${name === OURS ? "ours" : "other"}" x="${from.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>` +
      `<text class="quiet" x="${(from + width + 6).toFixed(1)}" y="${baseline}">${times(ratio)}</text>`
    );
  });
  return [`<text class="title" x="16" y="${top + 24}">${escape(title)}</text>`, ...lines].join("\n");
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
