import fc from "fast-check";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { Box } from "../../src/picture/boxes.js";
import { byteTree, type Part } from "../../src/picture/byte-tree.js";
import { icicle } from "../../src/picture/icicle.js";
import { renderHtml } from "../../src/picture/render-html.js";
import { renderSvg } from "../../src/picture/render-svg.js";
import { gatherEntries, strips } from "../../src/picture/strips.js";
import { treemap } from "../../src/picture/treemap.js";

const manager = new StorageManager({ store: new MemoryStore(), maxInlineSize: 64, maxEnvelopeSize: 1024 });
const planOf = (payload: unknown) => manager.plan(payload, { scope: "s" });
const AREA = { x: 10, y: 20, width: 1000, height: 400 };
const EPSILON = 1e-6;

const payloads = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 200, unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 8 }),
    fc.dictionary(fc.string({ maxLength: 12 }), tie("value"), { maxKeys: 8 }),
  ),
})).value;

const isInside = (inner: Box, outer: Box | typeof AREA): boolean =>
  inner.x >= outer.x - EPSILON &&
  inner.y >= outer.y - EPSILON &&
  inner.x + inner.width <= outer.x + outer.width + EPSILON &&
  inner.y + inner.height <= outer.y + outer.height + EPSILON;

const doOverlap = (one: Box, other: Box): boolean =>
  one.x + one.width > other.x + EPSILON &&
  other.x + other.width > one.x + EPSILON &&
  one.y + one.height > other.y + EPSILON &&
  other.y + other.height > one.y + EPSILON;

function parentsOf(root: Part): Map<Part, Part> {
  const parents = new Map<Part, Part>();
  const visit = (part: Part): void => {
    for (const child of part.children) {
      parents.set(child, part);
      visit(child);
    }
  };
  visit(root);
  return parents;
}

describe("a picture", () => {
  it("counts the bytes of a payload, part by part", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const plan = planOf(payload);
        const root = byteTree(plan);
        expect(root.bytes).toBeGreaterThanOrEqual(plan.size);
        // Stored objects have an envelope, which counts where it is more than what stood there.
        expect(root.bytes - plan.size).toBeLessThanOrEqual(plan.entries.length * 80);
        for (const [child, parent] of parentsOf(root)) expect(child.bytes).toBeLessThanOrEqual(parent.bytes);
      }),
    );
  });

  it("has areas as large as the bytes, children inside of their parents, and nothing over another", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const root = byteTree(planOf(payload));
        const parents = parentsOf(root);
        const perByte = (AREA.width * AREA.height) / root.bytes;
        const boxes = treemap(root, AREA);
        const byPart = new Map(boxes.map((box) => [box.part, box]));
        for (const box of boxes) {
          expect(Math.abs(box.width * box.height - box.part.bytes * perByte)).toBeLessThan(1);
          const parent = parents.get(box.part);
          expect(isInside(box, parent === undefined ? AREA : byPart.get(parent)!)).toBe(true);
        }
        const rows = icicle(root, AREA, 8);
        for (const box of rows)
          expect(Math.abs(box.width - (box.part.bytes / root.bytes) * AREA.width)).toBeLessThan(1);
        for (const drawn of [
          boxes.filter(({ depth }) => depth === 1),
          boxes.filter(({ depth }) => depth === 2),
          rows,
        ]) {
          for (const [index, one] of drawn.entries()) {
            for (const other of drawn.slice(index + 1)) expect(doOverlap(one, other)).toBe(false);
          }
        }
      }),
    );
  });

  it("shows where each part that leaves lies, in the bytes of its object, and what is shared", () => {
    const text = "shared ".repeat(20);
    const plan = planOf({ a: text, b: text, c: "other ".repeat(30), small: 1 });
    const [strip] = strips(byteTree(plan));
    const { value } = plan as { value: Record<string, Record<string, unknown>> };
    expect(strip!.object).toBe(value["a"]!["$storageRef"]);
    expect(strip!.entries.map(({ offset, parts }) => [offset, parts.map(({ path }) => path)])).toEqual([
      [0, ["$.a", "$.b"]],
      [value["c"]!["$storageOffset"], ["$.c"]],
    ]);
    expect(renderSvg(plan)).toContain("shared by 2: $.a, $.b");
  });

  it("is the same twice, and well-formed whatever keys hold", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const svg = renderSvg(planOf(payload));
        expect(renderSvg(planOf(payload))).toBe(svg);
        assertWellFormed(svg);
      }),
      { numRuns: 50 },
    );
  });

  it.each([renderSvg, renderHtml])("runs nothing and fetches nothing, whatever keys and values hold (%p)", (render) => {
    const markup = '"><script>alert(1)</script><img src=x onerror=alert(1)>]]>&\u0000\ud800';
    const plan = planOf({ [markup]: { [markup]: markup.repeat(9) }, kept: markup });
    const drawn = render(plan, { title: markup, values: true });
    expect(drawn).not.toContain("<script>alert");
    expect(drawn).not.toContain("<img");
    expect(drawn.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|url\((?!#)|@import|<link/);
    expect(drawn).not.toMatch(/[\u0000\ud800-\udfff]/);
  });

  it("shows no value unless it is asked to", () => {
    const plan = planOf({ secret: "hunter2", long: "hunter2 ".repeat(30) });
    for (const render of [renderSvg, renderHtml]) {
      expect(render(plan)).not.toContain("hunter2");
      expect(render(plan, { values: true })).toContain("hunter2");
      expect(() => render(plan, { colour: "red" } as never)).toThrow("colour");
    }
  });

  it("of many parts stays small: what can't be seen by itself becomes one of each kind, of all their bytes", () => {
    const payload = Array.from({ length: 20_000 }, (_, index) => ({ index, name: `item ${index}` }));
    const plan = manager.plan(payload, { scope: "s", maxInlineSize: 1 << 30, maxEnvelopeSize: 1 << 30 });
    expect(renderHtml(plan).length).toBeLessThan(100_000);
    const root = byteTree(plan);
    for (const [drawn] of [treemap(root, AREA), icicle(root, AREA, 8)].map(([, ...inner]) => inner)) {
      expect(drawn!.part).toMatchObject({ path: "$, 20000 small ones", kind: "inline", children: [] });
      expect(root.bytes - drawn!.part.bytes).toBe(20_001); // brackets and commas
    }
    const nested = payload
      .slice(0, 4000)
      .map((item, index) => (index % 4 === 0 ? { item, more: [[[[index]]]] } : "x".repeat(200)));
    expect(treemap(byteTree(planOf({ nested, again: nested, kept: nested.slice(5) })), AREA).length).toBeLessThan(3501);
  });

  it("draws neighbours in an object together where they are too small to be told apart", () => {
    const texts = Array.from({ length: 3000 }, (_, index) => `text ${index} `.repeat(12));
    const plan = manager.plan({ texts, large: "large ".repeat(60_000) }, { scope: "s", maxEnvelopeSize: 1 << 20 });
    expect(plan.entries.length).toBeGreaterThan(3000);
    const [strip] = strips(byteTree(plan));
    const places = gatherEntries(strip!.entries, 10_000);
    expect(places.length).toBeLessThan(60);
    expect(places.flat()).toEqual(strip!.entries);
    expect(renderSvg(plan)).toMatch(/\d+ small ones: \d+ bytes from \d+ on, the first /);
  });

  it("has texts that are seen on each colour, at a contrast of 4.5 to 1 and more", () => {
    const svg = renderSvg(planOf({ a: "text ".repeat(40), b: 1 }));
    const fills = [...svg.matchAll(/<rect [^>]*fill="(#\w+)"/g)].map(([, fill]) => fill!);
    const texts = [...svg.matchAll(/<text [^>]*fill="(#\w+)"/g)].map(([, fill]) => fill!);
    expect(new Set(fills).size).toBe(5);
    expect(texts.length).toBeGreaterThan(5);
    for (const fill of fills) for (const text of texts) expect(contrast(fill, text)).toBeGreaterThanOrEqual(4.5);
  });
});

/** As https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio says. */
function contrast(one: string, other: string): number {
  const [lighter, darker] = [one, other].map(luminance).sort((a, b) => b - a) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Every element is closed in its order, and no markup stands where text does. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-zA-Z]+)((?: [\w:-]+="[^"<>]*")*)(\/?)>/g,
    (_, end: string, name: string, __, isEmpty: string) => {
      if (end === "/") expect(open.pop()).toBe(name);
      else if (isEmpty !== "/") open.push(name);
      return "";
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(rest.replace(/&(?:amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
}
