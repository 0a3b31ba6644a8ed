import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadDeliveries } from "../../examples/demo/deliveries.js";
import { Queue, assertArrived } from "../../examples/demo/messages.js";
import { RunTally, emptyTally } from "../../examples/demo/tally.js";
import { renderTable } from "../../examples/demo/table.js";
import { runProgram } from "./run-program.js";

jest.setTimeout(60_000);

it("takes 329 real deliveries of 58 events", () => {
  const deliveries = loadDeliveries();
  expect(deliveries).toHaveLength(329);
  expect(new Set(deliveries.map(({ event }) => event)).size).toBe(58);
  expect(new Set(deliveries.map(({ id }) => id)).size).toBe(329);
});

describe("the demo", () => {
  let root: string;
  let output: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "coatcheck-demo-test-"));
    output = await runProgram(["examples/demo/main.ts", "--root", root]);
  });

  afterAll(async () => {
    await rm(root, { recursive: true });
  });

  /** The numbers in the row of the table that begins with `name`. */
  function row(name: string): number[] {
    const line = output.split("\n").find((text) => text.startsWith(`│ ${name} `));
    return [...(line ?? "").matchAll(/[\d,]+(?= )/g)].map(([digits]) => Number(digits.replaceAll(",", "")));
  }

  it("prints a table whose total is right, and that fits a screen", () => {
    const [deliveries, before, after, offloaded, objects, shared] = row("total");
    expect(deliveries).toBe(329);
    expect(before).toBeGreaterThan(10_000_000);
    expect(after).toBeLessThan(before! / 3);
    expect(objects).toBeGreaterThan(329);
    expect(shared).toBeGreaterThan(329);
    expect(offloaded).toBe(objects! + shared!);
    expect(output.split("\n").length).toBeLessThan(45);
    expect(Math.max(...output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it("checks every payload on its way out", () => {
    expect(output).toContain("329 of them are equal");
    expect(output).toMatch(/sent and received +329, each compared/);
  });

  it("keeps every message under the limit", () => {
    const [, largest] = /largest, in bytes +[\d,]+ before, ([\d,]+) as sent/.exec(output) ?? [];
    expect(Number(largest?.replace(",", ""))).toBeLessThanOrEqual(8192);
    expect(output).toMatch(/too large as is +[1-9]\d*/);
  });

  it("leaves the objects where it says", async () => {
    expect(output).toContain(join(root, "outputs", "demo"));
    expect(await readdir(join(root, "outputs", "demo"))).toHaveLength(329);
  });
});

describe("its parts", () => {
  const sent = { id: "issues-1", delivery: { action: "opened" }, attachment: Buffer.from("raw") };

  it.each([
    ["another body", { ...sent, delivery: { action: "closed" } }],
    ["a missing field", { ...sent, delivery: {} }],
    ["another attachment", { ...sent, attachment: Buffer.from("row") }],
  ])("a message that arrives with %s is noticed", (_, arrived) => {
    expect(() => assertArrived(arrived, sent)).toThrow();
  });

  it("the queue refuses a message over its limit, counted in bytes", () => {
    const queue = new Queue(4);
    queue.send("éé");
    expect(() => queue.send("ééé")).toThrow("6 bytes");
    expect(queue.receive()).toBe("éé");
    expect(queue.receive()).toBeUndefined();
  });

  it("a tally tells an object that was shared from a new one", () => {
    const tally = emptyTally("push");
    const run = new RunTally(tally);
    run.add({ a: "long" }, { a: { $storageRef: "outputs/a.json" } });
    run.add({ a: "long", b: "longer" }, { a: { $storageRef: "outputs/a.json" }, b: { $storageRef: "outputs/b.json" } });
    expect(tally).toMatchObject({ deliveries: 1, offloaded: 3, shared: 1 });
    expect(tally.bytesBefore).toBe('{"a":"long"}{"a":"long","b":"longer"}'.length);
  });

  it("the table puts what is beyond its rows into one", () => {
    const tallies = ["push", "fork", "star"].map((event, i) => ({ ...emptyTally(event), bytesBefore: 1000 * (i + 1) }));
    const table = renderTable(tallies, 1);
    expect(table).toMatch(/│ star +│ +0 │ +3,000 │/);
    expect(table).toMatch(/│ 2 other events +│ +0 │ +3,000 │/);
    expect(table).toMatch(/│ total +│ +0 │ +6,000 │/);
  });
});
