import { RandomChoice } from "../support/fault-run/random-choice.js";
import { Calls, Steps } from "./calls.js";
import { CaseTime } from "./case-time.js";
import { ChaosCase } from "./chaos-case.js";
import { DiskFile, DiskJournal } from "./disk-journal.js";
import { FileSite } from "./file-site.js";
import { differenceOf } from "./same-value.js";
import { MemorySite, type Site } from "./site.js";
import { turn } from "../support/turn.js";

async function run(seed: number, site: Site): Promise<string> {
  const chaos = new ChaosCase(seed, site);
  try {
    return JSON.stringify(await chaos.run()) + chaos.describe();
  } finally {
    await site.remove();
  }
}

describe("chaos cases", () => {
  // Thousands more, also over S3: npm run test:chaos.
  it("pass in memory", async () => {
    let faults = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const chaos = new ChaosCase(seed, new MemorySite());
      faults += (await chaos.run()).faults;
    }
    expect(faults).toBeGreaterThan(10);
  });

  it("pass on files, also after a power cut", async () => {
    for (let seed = 1; seed <= 2; seed++) expect(await run(seed, await FileSite.open(seed))).toContain("of file");
  });
});

describe("a power cut", () => {
  const file = new DiskFile();
  const content = Buffer.from("content");

  it("leaves what was synced in directories that were synced", () => {
    const journal = new DiskJournal();
    journal.set("/a/x", file);
    journal.written(file, content);
    journal.syncedFile(file);
    journal.set("/a/b", "directory");
    expect(journal.afterPowerCut("/a", journal.length).files.size).toBe(0);
    journal.syncedDirectory("/a");
    const { files, directories } = journal.afterPowerCut("/a", journal.length);
    expect([...files]).toEqual([["/a/x", content]]);
    expect(directories).toEqual(["/a/b"]);
    journal.removed("/a/x");
    expect(journal.afterPowerCut("/a", journal.length).files.size).toBe(1);
    journal.syncedDirectory("/a");
    expect(journal.afterPowerCut("/a", journal.length).files.size).toBe(0);
  });

  it("may leave a part of what was not", () => {
    const journal = new DiskJournal();
    journal.set("/a/x", file);
    journal.written(file, content);
    const left = Array.from({ length: 40 }, (_, seed) => {
      const { files } = journal.afterPowerCut("/a", journal.length, new RandomChoice(seed));
      return files.get("/a/x")?.byteLength;
    });
    expect(new Set(left).size).toBeGreaterThan(4);
    expect(left).toContain(undefined);
  });
});

describe("the judge of calls", () => {
  const calls = (abortRate = 0) => new Calls(new RandomChoice(1), new CaseTime(), new Steps(), abortRate);

  it("takes no error that is not typed, and none that nothing explains", async () => {
    const fail = async () => Promise.reject(new TypeError("x is undefined"));
    await expect(calls().make("a call", fail, () => true)).rejects.toThrow(/no StorageError: TypeError/);
  });

  it("finds a listener that is left", async () => {
    const listen = async (signal: AbortSignal) => {
      signal.addEventListener("abort", () => undefined);
      return Promise.resolve(1);
    };
    await expect(calls().make("a call", listen, () => true)).rejects.toThrow(/leaves 1 listeners/);
  });

  it("finds a call that goes on after an abort", async () => {
    const judge = calls(1);
    void judge.make(
      "a call",
      () => new Promise(() => undefined),
      () => true,
    );
    const pass = async (): Promise<void> => {
      const begin = performance.now();
      while (performance.now() - begin < 5000) {
        await turn();
        judge.assertAbortsHeeded();
      }
    };
    // Some aborts wait for a step or a time that never comes here.
    for (let more = 0; more < 8; more++)
      void judge.make(
        "another",
        () => new Promise(() => undefined),
        () => true,
      );
    await expect(pass()).rejects.toThrow(/goes on although its signal has fired/);
  });
});

describe("the comparison of payloads", () => {
  it.each([
    [{ a: [1, { b: new Uint8Array([1]) }] }, { a: [1, { b: new Uint8Array([2]) }] }],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [[1], { 0: 1 }],
    [{ a: undefined }, {}],
    [null, {}],
    [0, -0],
    ["1", 1],
  ])("tells %j from %j", (a, b) => {
    expect(differenceOf(a, b, true)).toBeDefined();
    expect(differenceOf(b, a, true)).toBeDefined();
  });

  it("takes values that are alike for the same, of any depth", () => {
    const nested = (depth: number): unknown => {
      let value: unknown = [new Uint8Array([1, 2])];
      for (let level = 0; level < depth; level++) value = { a: value };
      return value;
    };
    expect(differenceOf(nested(20_000), nested(20_000), true)).toBeUndefined();
    expect(differenceOf({ a: 1, b: 2 }, { b: 2, a: 1 }, false)).toBeUndefined();
  });
});
