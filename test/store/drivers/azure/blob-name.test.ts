import fc from "fast-check";
import { comparePaths, pathProblem } from "../../../../src/paths/path.js";
import { blobNameOf, blobPrefixOf, pathOfBlob } from "../../../../src/store/drivers/azure/blob-name.js";
import { fromAzureMetadata, toAzureMetadata } from "../../../../src/store/drivers/azure/metadata.js";
import { codePoint } from "../../../support/code-point.js";

// Every character that the encoding treats in a way of its own, and its neighbours.
const CHARACTERS = [
  "a",
  "Z",
  "0",
  "9",
  " ",
  "!",
  '"',
  "-",
  ".",
  "/",
  "%",
  "~",
  "é",
  "世",
  "\u4e00",
  "\u4e01",
  "\u51ff",
  "\u5200",
  "\u520a",
  "\ud7a1",
  "\ud7a2",
  "\ud7a3",
  "\ud7ff",
  "\ue000",
  "\ufffd",
  "\uffff",
  "\u{10000}",
  "😀",
  "\u{10ffff}",
];
const text = fc.array(fc.oneof(fc.constantFrom(...CHARACTERS), fc.constantFrom(".", "/", " ", "!")), { maxLength: 12 });
const paths = fc
  .oneof(text, fc.array(fc.string({ unit: codePoint, maxLength: 3 }), { maxLength: 5 }))
  .map((parts) => parts.join(""))
  .filter((path) => pathProblem(path) === undefined);

function nameOf(path: string): string {
  const name = blobNameOf(path);
  if (name === undefined) throw new Error("The path is too long.");
  return name;
}

describe("names of blobs", () => {
  it("lead back to the path", () => {
    fc.assert(
      fc.property(paths, (path) => {
        expect(pathOfBlob(nameOf(path))).toBe(path);
      }),
      { numRuns: 500 },
    );
  });

  it("sort as their paths do, by code points and by UTF-16", () => {
    const pair = fc
      .tuple(text, text, text)
      .map(([begin, ...ends]) => ends.map((end) => [...begin, ...end].join("")) as [string, string])
      .filter((both) => both.every((path) => pathProblem(path) === undefined));
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const [x, y] = [nameOf(a), nameOf(b)];
        const order = Math.sign(comparePaths(a, b));
        expect(Math.sign(comparePaths(x, y))).toBe(order);
        expect(x < y ? -1 : x > y ? 1 : 0).toBe(order);
      }),
      { numRuns: 1250 },
    );
  });

  it("begin with what the prefix of their paths is written as", () => {
    fc.assert(
      fc.property(paths, fc.nat(12), (path, length) => {
        const prefix = Array.from(path).slice(0, length).join("");
        expect(nameOf(path).startsWith(blobPrefixOf(prefix))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("hold nothing that Azure changes, refuses or sorts in a way of its own", () => {
    fc.assert(
      fc.property(paths, (path) => {
        const name = nameOf(path);
        expect(name).not.toMatch(/\.(?:\/|$)/);
        expect(name).not.toMatch(/[\ud7a4-\uffff]/);
      }),
      { numRuns: 500 },
    );
  });

  it("are not longer than the path in bytes, dots at the end of segments apart", () => {
    for (const character of CHARACTERS.filter((one) => one !== "." && one !== "/")) {
      const path = character.repeat(Math.floor(1024 / Buffer.byteLength(character)));
      expect(nameOf(path).length).toBeLessThanOrEqual(1024);
    }
    expect(blobNameOf("x./".repeat(341) + "x")).toBeUndefined();
  });

  it.each<[path: string, name: string]>([
    ["runs/42/outputs/a.json", "runs/42/outputs/a.json"],
    ["世界/é %2F+#?", "世界/é %2F+#?"],
    ["a.", "a.!"],
    ["a.!", "a.!!"],
    ["a./b", "a..\ud7a3/b"],
    ["😀", "\ud7a2\u4e47\u505e"],
  ])("write %j as %j", (path, name) => {
    expect(blobNameOf(path)).toBe(name);
  });

  it.each(["a.", "a./b", "😀", "\ufffd", "\ud7a2", "\ud7a2\u520a\u51ff", "\ud7a3", "a.!\u{10000}"])(
    "say of %j, made by others, that no path leads to it",
    (name) => {
      expect(pathOfBlob(name)).toBeUndefined();
    },
  );
});

describe("metadata of blobs", () => {
  const key = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}$/);
  const value = fc.oneof(fc.stringMatching(/^~{0,3}$/), fc.stringMatching(/^[\x21-\x7e]{0,6}$/));

  it("lead back to what was written, under names that Azure takes", () => {
    fc.assert(
      fc.property(fc.dictionary(key, value), (metadata) => {
        const written = toAzureMetadata(metadata);
        for (const [name, text] of Object.entries(written)) {
          expect(name).toMatch(/^[a-z_][a-z0-9_]*$/);
          expect(text).not.toBe("");
        }
        expect(fromAzureMetadata(written)).toEqual({ ...metadata });
      }),
    );
  });

  it("are readable by others", () => {
    expect(toAzureMetadata({ "run-id": "42", "7z": "~x", empty: "" })).toEqual({ run_id: "42", _7z: "~x", empty: "~" });
  });
});
