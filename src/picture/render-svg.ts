import * as z from "zod/mini";
import type { DehydrationPlan } from "../dehydrate/dehydration-plan.js";
import { isObject } from "../json/is-object.js";
import { assertArgument } from "../options/argument.js";
import { parseOptions } from "../options/parse-options.js";
import type { Area, Box } from "./boxes.js";
import { byteTree, type Part, type PartKind } from "./byte-tree.js";
import { descriptionOf, KINDS, leaving } from "./describe.js";
import { icicle } from "./icicle.js";
import { escaped, shortened } from "./markup.js";
import { gatherEntries, strips, type Strip, type StripEntry } from "./strips.js";
import { treemap } from "./treemap.js";

/** Options of a picture. */
export interface PictureOptions {
  /** Title of the picture, default `"A payload, by bytes"`. */
  title?: string | undefined;
  /**
   * Also shows the values that travel. The picture is then as secret as the payload. Default false: only paths and
   * sizes.
   */
  values?: boolean | undefined;
}

/** Schema of {@link PictureOptions}. */
export const pictureSchema = z.strictObject({
  title: z._default(z.string(), "A payload, by bytes"),
  values: z._default(z.boolean(), false),
});

/** Picture options after the check, with defaults filled in. */
export type PictureSettings = z.output<typeof pictureSchema>;

/** Refuses what is no plan. @throws {StorageError} `CONFIG_INVALID` */
export function assertPlan(plan: unknown, owner: string): asserts plan is DehydrationPlan {
  const isPlan = isObject(plan) && Array.isArray(plan["entries"]) && typeof plan["size"] === "number";
  assertArgument(isPlan, owner, "plan: must be what manager.plan(payload) returned");
}

/** Layout of a picture, in pixels. `ROWS` and `MAX_STRIPS` are counts. */
const WIDTH = 1200;
const MARGIN = 10;
const ROWS = 8;
const ROW = 26;
const TREEMAP = 420;
const STRIP = 22;
const HEADING = 30;
const MAX_STRIPS = 40;
const LEAST_ENTRY = 3;

// Approximate width of one character, in pixels.
const CHARACTER = 6.6;

// Colours that people who see no red or green can tell apart (Okabe and Ito, 2008). Each kind also has a pattern.
const COLOURS: Readonly<Record<PartKind, string>> = {
  inline: "#e8e8e8",
  json: "#56b4e9",
  raw: "#f0e442",
  binary: "#e69f00",
};

/**
 * Draws a plan as SVG. The picture shows the bytes of each part of a payload, by path and by area. It also shows the
 * object in which each part that leaves would lie. It holds no script and no links. The same plan gives the same
 * picture, except for fresh scopes.
 *
 * The picture shows paths and sizes, and so the keys of the payload. It shows values only with `values`.
 *
 * @param plan what `manager.plan(payload)` gave
 * @param options see {@link PictureOptions}
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * await writeFile("order.svg", renderSvg(manager.plan(order, { scope: "order-42" })));
 */
export function renderSvg(plan: DehydrationPlan, options: PictureOptions = {}): string {
  const settings = parseOptions(pictureSchema, options, "renderSvg");
  assertPlan(plan, "renderSvg");
  return svgOf(plan, byteTree(plan), settings);
}

/** Draws the tree of a plan as SVG. */
export function svgOf({ size, inlineSize, entries }: DehydrationPlan, root: Part, settings: PictureSettings): string {
  const objects = strips(root);
  const shown = objects.slice(0, MAX_STRIPS);
  const inner = WIDTH - 2 * MARGIN;
  const icicleY = 2 * HEADING;
  const treemapY = icicleY + ROWS * ROW + HEADING;
  const stripsY = treemapY + TREEMAP + HEADING;
  const height = stripsY + (shown.length + 1) * (STRIP + 4) + MARGIN;
  const summary = `${size} bytes; ${inlineSize} bytes travel, ${leaving(entries.length, objects.length)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="cc-title cc-summary" font-family="system-ui, sans-serif" font-size="11">`,
    `<title id="cc-title">${escaped(settings.title)}</title><desc id="cc-summary">${escaped(summary)}</desc>`,
    patterns(),
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    heading(settings.title, HEADING - 10, 16),
    heading(summary, HEADING + 8, 12),
    legend(HEADING + 8),
    boxes("cc-icicle", icicle(root, { x: MARGIN, y: icicleY, width: inner, height: ROWS * ROW }, ROWS), settings),
    heading("By area", treemapY - 8, 12),
    boxes("cc-treemap", treemap(root, { x: MARGIN, y: treemapY, width: inner, height: TREEMAP }), settings),
    ...(objects.length === 0 ? [] : [heading(stripHeading(objects, shown), stripsY - 8, 12)]),
    ...shown.map((strip, index) => stripOf(strip, stripsY + index * (STRIP + 4), settings)),
    "</svg>\n",
  ].join("\n");
}

function stripHeading(objects: readonly Strip[], shown: readonly Strip[]): string {
  const more = objects.length - shown.length;
  return `Objects, and what lies where in them${more > 0 ? ` (${more} more)` : ""}`;
}

function patterns(): string {
  const marks: Readonly<Record<PartKind, string>> = {
    inline: "",
    json: '<path d="M0 8L8 0" stroke="#003a5c" stroke-opacity=".35"/>',
    raw: '<path d="M0 4H8" stroke="#5c5600" stroke-opacity=".4"/>',
    binary: '<circle cx="4" cy="4" r="1.2" fill="#5c3f00" fill-opacity=".5"/>',
  };
  const all = (Object.keys(COLOURS) as PartKind[]).map(
    (kind) =>
      `<pattern id="cc-${kind}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${COLOURS[kind]}"/>${marks[kind]}</pattern>`,
  );
  return `<defs>${all.join("")}</defs>`;
}

function legend(y: number): string {
  const kinds = Object.keys(KINDS) as PartKind[];
  return kinds
    .map((kind, index) => {
      const x = WIDTH - MARGIN - (kinds.length - index) * 120;
      return `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="url(#cc-${kind})" stroke="#333333"/><text x="${x + 16}" y="${y}" fill="#111111">${KINDS[kind]}</text>`;
    })
    .join("");
}

function heading(text: string, y: number, size: number): string {
  return `<text x="${MARGIN}" y="${y}" font-size="${size}" fill="#111111">${escaped(shortened(text, 110))}</text>`;
}

function boxes(name: string, all: readonly Box[], settings: PictureSettings): string {
  return `<g id="${name}">${all.map((box) => boxOf(box, settings)).join("\n")}</g>`;
}

function boxOf({ part, x, y, width, height }: Box, { values }: PictureSettings): string {
  const label = labelIn(part.key, width, height);
  return (
    `<g class="cc-part" data-path="${escaped(part.path)}"><title>${escaped(descriptionOf(part, values))}</title>` +
    `${rect({ x, y, width, height }, part.kind)}${label === "" ? "" : `<text x="${px(x + 3)}" y="${px(y + 14)}" fill="#111111">${escaped(label)}</text>`}</g>`
  );
}

function stripOf({ object, bytes, entries }: Strip, y: number, settings: PictureSettings): string {
  const scale = (WIDTH - 2 * MARGIN) / Math.max(bytes, 1);
  const drawn = gatherEntries(entries, LEAST_ENTRY / scale).map((places) => {
    const [{ offset, parts }] = places as [StripEntry];
    const last = places.at(-1)!;
    const size = last.offset + last.size - offset;
    const area = { x: MARGIN + offset * scale, y, width: Math.max(size * scale, 0.5), height: STRIP };
    const title =
      places.length > 1
        ? `${places.length} small ones: ${size} bytes from ${offset} on, the first ${parts[0]!.path}`
        : descriptionOf(parts[0]!, settings.values) + sharingOf(parts);
    return (
      `<g class="cc-part" data-path="${escaped(parts[0]!.path)}"><title>${escaped(title)}</title>` +
      `${rect(area, parts[0]!.kind)}</g>`
    );
  });
  const name = shortened(object, 90);
  return `<g class="cc-object">${drawn.join("")}<text x="${MARGIN + 4}" y="${y + 15}" fill="#111111" paint-order="stroke" stroke="#ffffff" stroke-width="3">${escaped(name)}, ${bytes} bytes</text></g>`;
}

function sharingOf(parts: readonly Part[]): string {
  if (parts.length === 1) return "";
  const paths = parts.slice(0, 10).map(({ path }) => path);
  return `; shared by ${parts.length}: ${paths.join(", ")}`;
}

function rect({ x, y, width, height }: Area, kind: PartKind): string {
  return `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" fill="url(#cc-${kind})" stroke="#333333" stroke-width=".5"/>`;
}

function labelIn(text: string, width: number, height: number): string {
  const room = Math.floor((width - 6) / CHARACTER);
  return room < 2 || height < 16 ? "" : shortened(text, room);
}

function px(pixels: number): string {
  return String(Math.round(pixels * 100) / 100);
}
