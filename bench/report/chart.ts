import { FLOOR, OURS } from "../contenders/index.js";
import { isMeasured, type CompareRow, type Measured, type RowKey } from "../measure/row.js";
import { milliseconds, times } from "./format.js";
import { roundTrip } from "./peers.js";
import type { Results } from "./results.js";
import { escape, machineText, svg } from "./svg.js";

/** What the chart shows, as far as it was measured: enough to see both the network and the CPU. */
const PANELS: readonly [storage: string, bench: string][] = [
  ["s3-30ms", "many-1350x2KiB"],
  ["s3-30ms", "few-200x1MiB"],
  ["s3-30ms", "deep-1MB"],
  ["s3-30ms", "github-batch"],
  ["s3-0ms", "wide-10MB"],
  ["memory", "wide-1MB"],
  ["memory", "deep-1MB"],
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
  const head = [
    `<text class="head" x="16" y="26">Dehydrate and hydrate: time, coatcheck = 1</text>`,
    `<text class="quiet" x="16" y="46">To the right: slower. To the left: faster. Logarithmic. ${escape(machineText(machine))}.</text>`,
  ];
  const size = { width: WIDTH, height };
  return svg("Time of a round trip beside coatcheck", size, [...head, ...parts, drawAxis(scale, y + 18)]);
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
  const low = Math.log10(Math.min(0.5, ...ratios)) - 0.1;
  const high = Math.log10(Math.max(2, ...ratios)) + 0.1;
  const powers = Array.from({ length: 13 }, (_, index) => 10 ** (index - 6));
  const steps = high - low > 2.5 ? [1] : [1, 2, 5];
  const ticks = powers.flatMap((power) => steps.map((step) => step * power));
  const width = WIDTH - LEFT - RIGHT;
  return {
    ticks: ticks.filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high),
    x: (ratio) => LEFT + ((Math.log10(ratio) - low) / (high - low)) * width,
  };
}

function drawAxis({ ticks, x }: Scale, y: number): string {
  return ticks
    .map((tick) => `<text class="quiet" x="${x(tick).toFixed(1)}" y="${y}" text-anchor="middle">${times(tick)}</text>`)
    .join("\n");
}

function drawGrid({ ticks, x }: Scale, top: number, bottom: number): string[] {
  return ticks.map((tick) => {
    const at = x(tick).toFixed(1);
    return `<line class="${tick === 1 ? "one" : "grid"}" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/>`;
  });
}

function drawPanel({ title, bars }: Panel, top: number, scale: Scale): string {
  const { x } = scale;
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
  const grid = drawGrid(scale, top + TITLE - 4, top + TITLE + bars.length * ROW);
  return [`<text class="title" x="16" y="${top + 24}">${escape(title)}</text>`, ...grid, ...lines].join("\n");
}
