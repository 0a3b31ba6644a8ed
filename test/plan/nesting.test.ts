import { StorageManager } from "../../src/index.js";
import { MAX_NESTING } from "../../src/json/container.js";
import { failureOf, rejectionOf } from "./failure.js";
import { planOf } from "./plan-model.js";
import { RecordingStore } from "./recording-store.js";

/** JSON of `inner` that many levels deep: `open` before it, `close` after it. */
const nestedJson = (open: string, inner: string, close: string, levels: number): string =>
  open.repeat(levels) + inner + close.repeat(levels);

const SHAPES = {
  arrays: ["[", "]"],
  objects: ['{"a":', "}"],
  "objects and arrays": ['{"a":[1,', ',"x"]}'],
  "objects with escaped keys": ['{"$storage":', "}"],
} as const;

/** Writes JSON of any depth, for plain values: JSON.stringify gives up on deep nesting. */
function jsonOf(root: unknown): string {
  const parts: string[] = [];
  const rest: unknown[] = [root];
  while (rest.length > 0) {
    const value = rest.pop();
    if (value instanceof Token) parts.push(value.text);
    else if (Array.isArray(value)) rest.push(new Token("]"), ...between(value, []).reverse(), new Token("["));
    else if (typeof value === "object" && value !== null) {
      rest.push(new Token("}"), ...between(Object.values(value), Object.keys(value)).reverse(), new Token("{"));
    } else parts.push(JSON.stringify(value));
  }
  return parts.join("");
}

class Token {
  constructor(readonly text: string) {}
}

function between(values: readonly unknown[], keys: readonly string[]): unknown[] {
  return values.flatMap((value, index) => [
    new Token((index > 0 ? "," : "") + (keys.length > 0 ? `${JSON.stringify(keys[index])}:` : "")),
    value,
  ]);
}

describe("A payload nested deeply", () => {
  it.each(
    Object.entries(SHAPES).flatMap(([name, [open, close]]) => [
      [5000, name, open, close] as const,
      [100_000, name, open, close] as const,
    ]),
  )("%i levels of %s, with a large text at the bottom, comes back as it was", async (levels, _name, open, close) => {
    const json = nestedJson(open, JSON.stringify("é".repeat(3000)), close, levels);
    const manager = new StorageManager({ store: new RecordingStore() });
    const dehydrated = await manager.dehydrate(JSON.parse(json), { scope: "run" });
    const message = JSON.stringify(dehydrated);
    expect(message.length).toBeLessThan(2048);
    expect(jsonOf(await manager.hydrate(JSON.parse(message))) === json).toBe(true);
  });

  it("is measured exactly, where JSON.stringify gives up", () => {
    const json = nestedJson('{"é":[', '"\\n"', "]}", 50_000);
    const { size, entries } = planOf(JSON.parse(json));
    expect(size).toBe(Buffer.byteLength(json));
    expect(entries).toMatchObject([{ kind: "json", path: ["é", 0, "é", 0, "é", 0, "é", 0, "é", 0] }]);
    expect(entries[0]!.size).toBe(Buffer.byteLength(json) - 5 * Buffer.byteLength('{"é":[]}'));
  });

  it("is decided on at every level, if every level may be decided on", () => {
    const limits = { maxRecursionDepth: 1_000_000, maxInlineSize: 100 };
    const plan = planOf(JSON.parse(nestedJson("[", `"${"x".repeat(200)}"`, "]", 20_000)), limits);
    expect(plan.entries.map(({ kind, path }) => [kind, path.length])).toEqual([["raw", 20_000]]);
  });

  it("comes back with bytes from the bottom", async () => {
    const manager = new StorageManager({ store: new RecordingStore() });
    const payload = { bytes: Buffer.from("bottom") as unknown };
    let nested: unknown = payload;
    for (let level = 0; level < 20_000; level++) nested = [nested];
    let hydrated = await manager.hydrate(await manager.dehydrate(nested));
    for (let level = 0; level < 20_000; level++) [hydrated] = hydrated as [unknown];
    expect(hydrated).toEqual({ bytes: new Uint8Array(Buffer.from("bottom")) });
  });

  it(`of exactly ${MAX_NESTING} levels can be planned, and one more is refused`, () => {
    expect(planOf(JSON.parse(nestedJson("[", "", "]", MAX_NESTING))).size).toBe(2 * MAX_NESTING);
    const error = failureOf(() => planOf(JSON.parse(nestedJson("[", "", "]", MAX_NESTING + 1))));
    expect(error.code).toBe("UNSERIALIZABLE");
    expect(error.message).toContain(`nested deeper than ${MAX_NESTING} levels`);
    expect(error.message.length).toBeLessThan(700);
  });

  it("by a toJSON that never ends is refused", async () => {
    const endless = { toJSON: () => ({ inner: { ...endless } }) };
    const error = await rejectionOf(new StorageManager({ store: new RecordingStore() }).dehydrate(endless));
    expect(error.code).toBe("UNSERIALIZABLE");
    expect(error.message).toMatch(
      /^The value at \$\.inner\.inner\..*\.\.\..*\.inner can't be stored as JSON: it is nested/,
    );
  });
});
