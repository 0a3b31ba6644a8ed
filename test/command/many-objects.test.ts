import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { Rows } from "../../src/command/rows.js";
import { BundledProgram } from "../support/bundled-program.js";
import type { Taken } from "./many-objects-child.js";
import { VastStore } from "./vast-store.js";

// As many as the machine is asked for: `COATCHECK_MANY=1000000 npm run test:long -- command/many-objects`.
const COUNT = Number(process.env["COATCHECK_MANY"] ?? 20_000);

// Of the whole process, in MiB, however many there are: 60 without any, 115 of a million.
const MOST_MEMORY = 150;

// Of what is held: whoever keeps a row of each object needs more of a million. Also, a heap that may grow is cleaned late.
const HEAP = "--max-old-space-size=48";

jest.setTimeout(120_000);

describe(`of ${COUNT} objects`, () => {
  let program: BundledProgram;

  beforeAll(() => {
    program = new BundledProgram("test/command/many-objects-child.ts");
  });
  afterAll(() => program.remove());

  it.each<[string, Partial<Taken>]>([
    ["ls", { lines: COUNT }],
    ["du --by scope", { lines: COUNT / 10 }],
    ["du --by age", { lines: 1 }],
    ["du --by kind", { lines: 1 }],
    ["gc --dry-run --explain", { lines: COUNT, deleted: 0 }],
    // No object is what its name says.
    ["verify --all", { lines: COUNT }],
    ["gc", { lines: 1, deleted: COUNT / 5 }],
    // One of ten is missing in the second, five in the first.
    ["diff", { lines: (COUNT / 10) * 6 }],
    ["cp of what lacks", { lines: 1, written: COUNT / 2 }],
    ["cp within a store", { lines: 1, written: COUNT }],
  ])("%s takes little memory", async (verb, done) => {
    const { stdout } = await promisify(execFile)(process.execPath, [HEAP, program.file, verb, String(COUNT)]);
    const taken = JSON.parse(stdout) as Taken;
    expect(taken).toMatchObject(done);
    expect(taken.mebibytes).toBeLessThan(MOST_MEMORY);
  });
});

it("gc --explain lists no faster than its reader reads", async () => {
  const store = new VastStore(10_000);
  const rows = new Rows<object>();
  const manager = new StorageManager({ store });
  const read = rows.of(manager.collect({ dryRun: true, all: true, onObject: rows.add }));
  for (let row = 1; row <= 10_000; row++) {
    await read.next();
    if (row % 1000 !== 500) continue;
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    // A page that is read, one that waits, and the first of the next.
    expect(store.counts.listed).toBeLessThanOrEqual(row + 2001);
  }
  expect(await read.next()).toEqual({ done: true, value: undefined });
});

it("verify reads objects no faster than its reader reads what is wrong with them", async () => {
  const store = new VastStore(500);
  const rows = new Rows<object>();
  const concurrency = 4;
  const manager = new StorageManager({ store, concurrency });
  const read = rows.of(manager.verifyPrefix("", { onProblem: rows.add }));
  for (let row = 1; row <= 500; row++) {
    expect(await read.next()).toMatchObject({ value: { kind: "corrupt" } });
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    // What was taken together, and what is looked at meanwhile.
    expect(store.counts.listed).toBeLessThanOrEqual(row + 3 * concurrency);
  }
  expect(await read.next()).toEqual({ done: true, value: undefined });
});
