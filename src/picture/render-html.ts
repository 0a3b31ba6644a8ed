import type { DehydrationPlan } from "../dehydrate/dehydration-plan.js";
import { parseOptions } from "../options/parse-options.js";
import { byteTree, type Part } from "./byte-tree.js";
import { descriptionOf } from "./describe.js";
import { escaped } from "./markup.js";
import { assertPlan, pictureSchema, svgOf, type PictureOptions, type PictureSettings } from "./render-svg.js";

// Rows of the table, which holds the heaviest parts. Nobody reads more.
const MAX_ROWS = 500;

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
html { background: Canvas; color: CanvasText; }
body { margin: 0 auto; max-width: 1240px; padding: 12px; }
svg { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 3px 8px; border-bottom: 1px solid #8888; overflow-wrap: anywhere; }
th:nth-child(2), td:nth-child(2) { text-align: right; font-variant-numeric: tabular-nums; }
input { font: inherit; padding: 4px 8px; width: min(40em, 90%); }
.cc-dim { opacity: .2; }
.cc-part:hover rect, .cc-found rect { stroke: #c00000; stroke-width: 2; }
.cc-hidden { display: none; }
`;

const SCRIPT = `
const search = document.getElementById("cc-search");
const count = document.getElementById("cc-count");
const rows = [...document.querySelectorAll("tbody tr")];
const parts = [...document.querySelectorAll(".cc-part")];
search.addEventListener("input", () => {
  const wanted = search.value.toLowerCase();
  const has = (element) => element.dataset.path.toLowerCase().includes(wanted);
  for (const row of rows) row.classList.toggle("cc-hidden", !has(row));
  for (const part of parts) {
    part.classList.toggle("cc-found", wanted !== "" && has(part));
    part.classList.toggle("cc-dim", !has(part));
  }
  count.textContent = rows.filter(has).length + " parts";
});
`;

/**
 * Draws a plan as one HTML page. The page has the picture of {@link renderSvg}, a table of the heaviest parts, and a
 * search by path. It makes no requests. Without scripts, only the search does not work.
 *
 * @param plan what `manager.plan(payload)` gave
 * @param options see {@link PictureOptions}
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * await writeFile("order.html", renderHtml(manager.plan(order), { title: "Order 42" }));
 */
export function renderHtml(plan: DehydrationPlan, options: PictureOptions = {}): string {
  const settings = parseOptions(pictureSchema, options, "renderHtml");
  assertPlan(plan, "renderHtml");
  const root = byteTree(plan);
  const rows = heaviest(root);
  const title = escaped(settings.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${svgOf(plan, root, settings)}
<h2>The heaviest parts</h2>
<p><label for="cc-search">Search by path</label> <input id="cc-search" type="search" autocomplete="off"> <span id="cc-count" role="status">${rows.length} parts</span></p>
<table>
<thead><tr><th scope="col">Path</th><th scope="col">Bytes</th><th scope="col">Where</th></tr></thead>
<tbody>
${rows.map((part) => rowOf(part, settings)).join("\n")}
</tbody>
</table>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function heaviest(root: Part): Part[] {
  const all: Part[] = [];
  const visit = (part: Part): void => {
    all.push(part);
    part.children.forEach(visit);
  };
  visit(root);
  return all.sort((one, other) => other.bytes - one.bytes).slice(0, MAX_ROWS);
}

function rowOf(part: Part, { values }: PictureSettings): string {
  const what = descriptionOf(part, values).slice(`${part.path}: ${part.bytes} bytes, `.length);
  return `<tr data-path="${escaped(part.path)}"><td>${escaped(part.path)}</td><td>${part.bytes}</td><td>${escaped(what)}</td></tr>`;
}
