import fc from "fast-check";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import {
  decodeName,
  encodeDirectory,
  encodePath,
  encodeSegment,
  TEMPORARY_DIRECTORY,
} from "../../../../src/store/drivers/file/path-encoding.js";
import { pathProblem } from "../../../../src/paths/path.js";
import { pathsOf, textOf, useDirectories } from "./file-roots.js";

const SENSITIVE = { caseInsensitive: false };
const INSENSITIVE = { caseInsensitive: true };
const newDirectory = useDirectories();

/** Segments made of what the encoding treats differently, short and long. */
const segment = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "a",
        "A",
        ".",
        "%",
        " ",
        "~",
        ":",
        "é",
        "e\u0301",
        "ß",
        "ı",
        "🧥",
        "con",
        "%file",
        "%dir",
        "%more",
      ),
      fc.constantFrom("%tmp", ".nfs", "lost+found", "nul.txt", "lpt1", "%41", "%2E", "x".repeat(100), "Ä".repeat(60)),
      fc.string({ unit: "grapheme", maxLength: 5 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const path = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join("/"))
  .filter((candidate) => pathProblem(candidate) === undefined);

const rules = fc.constantFrom(SENSITIVE, INSENSITIVE);

/** What a listing would make of the names on disk: reads them as they are nested. */
function decode(names: readonly string[]): string {
  return names
    .map((name) => {
      const { kind, text } = decodeName(name)!;
      return kind === "directory" ? `${text}/` : text;
    })
    .join("");
}

describe("path encoding", () => {
  it.each([
    ["outputs/run-42/0f3a.json", "outputs/run-42/0f3a.json"],
    ["outputs/run-42/step-3/0f3a.pack", "outputs/run-42/step-3/0f3a.pack"],
    ["日本/é.json", "日本/é.json"],
    [".hidden", ".hidden"],
    ["a", "a%file"],
    ["a/b", "a/b%file"],
    ["a.json/b", "a.json%dir/b%file"],
    ["%", "%25%file"],
    ['a:b<c>d"e|f?g*h.x', "a%3Ab%3Cc%3Ed%22e%7Cf%3Fg%2Ah.x"],
    ["a./b .x/c.", "a%2E/b .x%dir/c%2E%file"],
    ["...", "..%2E"],
    ["con/nul.txt/com1 .x", "%63on/%6Eul.txt%dir/%63om1 .x"],
    ["CONIN$/LPT²", "%43ONIN$/%4CPT²%file"],
    ["console/com10/nulls", "console/com10/nulls%file"],
    ["lost+found/.nfs01", "%6Cost+found/%2Enfs01%file"],
    ["%tmp/x.json", "%25tmp/x.json"],
  ])("keeps %j as %j", (from, to) => {
    expect(encodePath(from, SENSITIVE).join("/")).toBe(to);
  });

  it.each([
    ["a/b~1.json", "a/b%7E1.json"],
    ["Run/X.json", "%52un/%58.json"],
    ["é.json", "%C3%A9.json"],
    ["e\u0301.json", "e%CC%81.json"],
    ["🧥", "%F0%9F%A7%A5%file"],
  ])("keeps %j as %j where the file system ignores case", (from, to) => {
    expect(encodePath(from, INSENSITIVE).join("/")).toBe(to);
  });

  it("is reversible", () => {
    fc.assert(fc.property(path, rules, (from, by) => decode(encodePath(from, by)) === from));
  });

  it("gives two paths two places, of which neither is above the other", () => {
    const pair = fc.oneof(
      fc.tuple(path, path),
      fc.tuple(path, segment).map(([from, more]): [string, string] => [from, `${from}/${more}`]),
      fc.tuple(path, segment).map(([from, more]): [string, string] => [from, from + more]),
      path.map((from): [string, string] => [from, from.toUpperCase()]),
      path.map((from): [string, string] => [from, from.normalize("NFD")]),
    );
    fc.assert(
      fc.property(pair, rules, ([one, other], by) => {
        fc.pre(one !== other && [one, other].every((each) => pathProblem(each) === undefined));
        const [a, b] = [encodePath(one, by).join("/"), encodePath(other, by).join("/")];
        expect(a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)).toBe(false);
      }),
    );
  });

  it("gives names that no case folding or normalisation makes one", () => {
    fc.assert(
      fc.property(path, path, (one, other) => {
        fc.pre(one !== other);
        const [a, b] = [one, other].map((each) =>
          encodePath(each, INSENSITIVE).join("/").normalize("NFKD").toLowerCase(),
        );
        expect(a).not.toBe(b);
      }),
    );
  });

  it("gives names that every file system holds", () => {
    fc.assert(
      fc.property(path, rules, (from, by) => {
        for (const name of encodePath(from, by)) {
          expect(name).not.toMatch(/[<>:"|?*/\\\p{Cc}]|[. ]$|^$/u);
          expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)([ .]|$)/i);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        }
      }),
    );
  });

  it("never gives the place of temporary files", () => {
    expect(decodeName(TEMPORARY_DIRECTORY)).toBeUndefined();
    fc.assert(fc.property(path, rules, (from, by) => !encodePath(from, by).includes(TEMPORARY_DIRECTORY)));
  });

  it.each([":", "A", "é", "🧥", "a"])("keeps the longest paths of %j within PATH_MAX", (unit) => {
    const longest = (piece: string): string => piece.repeat(Math.floor(1025 / Buffer.byteLength(piece)));
    for (const piece of [
      `${unit.repeat(Math.floor(1000 / Buffer.byteLength(unit)))}/`,
      `${unit}/`,
      `.${unit}/`,
      `${unit}.${unit}/`,
    ]) {
      const names = longest(piece).slice(0, -1);
      expect(pathProblem(names)).toBeUndefined();
      for (const by of [SENSITIVE, INSENSITIVE]) {
        expect(Buffer.byteLength(encodePath(names, by).join("/"))).toBeLessThan(4096 - 800);
      }
    }
  });

  it("cuts all segments that begin alike at the same character", () => {
    const long = "x".repeat(236);
    const [first] = encodeSegment(`${long}a`, "file", SENSITIVE);
    expect(encodeSegment(long, "file", SENSITIVE)).toEqual([first, "%file"]);
    expect(encodeSegment(long, "directory", SENSITIVE)).toEqual([first, "%dir"]);
    expect(encodeSegment(`${long}:`, "file", SENSITIVE)).toEqual([first, "%3A%file"]);
    expect(encodeSegment("x".repeat(235), "file", SENSITIVE)).toHaveLength(1);
  });

  it("cuts at the same character whatever follows", () => {
    const [first] = encodeSegment(`${"x".repeat(235)}.txt`, "file", SENSITIVE);
    expect(first).toBe(`${"x".repeat(235)}.%more`);
    expect(encodeSegment(`${"x".repeat(233)}.`, "file", SENSITIVE)).toEqual([`${"x".repeat(233)}%2E%file`]);
    expect(encodeSegment(`${"x".repeat(233)}.-`, "file", SENSITIVE)).toEqual([`${"x".repeat(233)}.-`]);
  });

  it("reserves names in the rest of a segment too", () => {
    const long = "x".repeat(236);
    for (const [rest, name] of [
      ["con.txt", "%63on.txt"],
      [".nfs01", "%2Enfs01%file"],
      ["a.", "a%2E%file"],
    ]) {
      expect(encodeSegment(long + rest!, "file", SENSITIVE)).toEqual([`${long}%more`, name]);
    }
  });

  it("keeps the longest name within 255 bytes", () => {
    const segment = `con.${"x".repeat(231)}🧥 `; // reserved at its beginning, and cut at a long character
    const [name] = encodeSegment(segment, "directory", INSENSITIVE);
    expect(name).toHaveLength(254);
  });

  it("finds the directory of a prefix", () => {
    expect(encodeDirectory("", SENSITIVE)).toEqual([]);
    expect(encodeDirectory("a/b.c/", SENSITIVE)).toEqual(["a", "b.c%dir"]);
  });

  it("takes no foreign name for its own", () => {
    for (const name of ["%", "%zz", "%tmp", "%E9.x", "a%"]) expect(decodeName(name)).toBeUndefined();
  });
});

describe("a root with foreign files", () => {
  it("lists what the store could have written, and nothing else", async () => {
    const root = await newDirectory();
    const foreign = [
      "notes",
      "a%2ejson",
      "a%41.x",
      "b.d/x.json",
      "a%file.x%file",
      "x\\y.z",
      "con.txt",
      "%2E%2E%dir/a.b",
    ];
    for (const name of [...foreign, "lost+found/x.json", ".nfs0001", "%tmp.d/x", `${"y".repeat(236)}%dir/x.json`]) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), "foreign");
    }
    await mkdir(join(root, "empty.json"));
    await writeFile(join(root, "readable.json"), "ours");
    const store = new FileStore({ root, fsync: false, caseInsensitive: false });
    expect(await pathsOf(store)).toEqual(["readable.json"]);
    expect(await textOf(store, "readable.json")).toBe("ours");
    expect(await readdir(root)).toContain("notes");
  });

  it("lists segments that are cut, or nearly, in the order of their bytes", async () => {
    const stems = [232, 233, 234, 235, 236].map((length) => "x".repeat(length));
    const paths = stems.flatMap((stem) =>
      ["", ".", ".-", "./y", ".:", ":", "-", "/y", "yyyyy", ". "].map((end) => stem + end),
    );
    for (const by of [SENSITIVE, INSENSITIVE]) {
      const store = new FileStore({ root: await newDirectory(), fsync: false, ...by });
      await Promise.all(paths.map((each) => store.write(each, each)));
      expect(await pathsOf(store)).toEqual([...paths].sort());
    }
  });

  it("lists paths of every kind in the order of their bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { maxLength: 8 }), rules, async (paths, by) => {
        const store = new FileStore({ root: await newDirectory(), fsync: false, ...by });
        await Promise.all(paths.map((each) => store.write(each, each)));
        expect(await pathsOf(store)).toEqual(paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        for (const each of paths) expect(await textOf(store, each)).toBe(each);
        await Promise.all(paths.map((each) => store.delete(each)));
        expect(await pathsOf(store)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
