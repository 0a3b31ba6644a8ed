import { DBOS } from "@dbos-inc/dbos-sdk";
import { Client } from "pg";
import { dbosSerializer } from "../../src/adapters/dbos.js";
import { pathsIn } from "../adapters/messages/messages.js";
import { setUp } from "../adapters/temporal/temporal.js";
import { webhookDeliveries } from "../support/webhook-deliveries.js";
import { serviceVariable } from "./service-variable.js";

const url = new URL(serviceVariable("POSTGRES_URL"));
url.pathname = `/dbos_${process.pid}`;
const sizes = [10, 2000, 100_000, 1_000_000, 5_000_000];
const text = (bytes: number): string => "abcdefghij".repeat(bytes / 10);
const { manager, store, asked } = setUp({ readCache: { maxBytes: 64_000_000 } });
const db = new Client({ connectionString: url.href });

let failures = 2;
let crashes = 1;
const ran: number[] = [];

const ship = DBOS.registerWorkflow((given: unknown) => Promise.resolve({ shipped: given }), { name: "ship" });
const order = DBOS.registerWorkflow(
  async (input: { deliveries: unknown; at: Date }) => {
    const results: unknown[] = [];
    for (const [index, size] of sizes.entries()) {
      const step = (): Promise<unknown> => {
        ran.push(index);
        if (index === 3 && failures-- > 0) throw new Error("at first");
        return Promise.resolve({ index, text: text(size), at: input.at });
      };
      results.push(await DBOS.runStep(step, { name: `step ${index}`, retriesAllowed: true, intervalSeconds: 0.01 }));
    }
    const approval = await DBOS.recv("approve", 10);
    const child = await DBOS.startWorkflow(ship)(input.deliveries);
    await DBOS.setEvent("done", results);
    if (crashes-- > 0) throw new Error("the process ends here");
    return { results, approval, child: await child.getResult() };
  },
  { name: "order" },
);

beforeAll(async () => {
  jest.spyOn(console, "error").mockImplementation(() => undefined); // DBOS tells of each workflow that fails
  DBOS.setConfig({
    name: "orders",
    systemDatabaseUrl: url.href,
    logLevel: "error",
    serializer: dbosSerializer({ manager }),
  });
  await DBOS.launch();
  await db.connect();
});

afterAll(async () => {
  await db.end();
  await DBOS.shutdown();
});

const input = { deliveries: webhookDeliveries(20), at: new Date(0) };
const results = sizes.map((size, index) => ({ index, text: text(size), at: input.at }));

it("runs five steps with retries, a message, a child and a failure, and forks it, as DBOS does by itself", async () => {
  const handle = await DBOS.startWorkflow(order, { workflowID: "w" })(input);
  await DBOS.send("w", { by: text(200_000) }, "approve");
  await expect(handle.getResult()).rejects.toThrow("the process ends here");
  expect(ran).toEqual([0, 1, 2, 3, 3, 3, 4]);
  expect(await DBOS.getEvent("w", "done", 5)).toEqual(results);

  // From its last step on, again: what steps gave is read, none of them runs.
  const fork = await DBOS.forkWorkflow("w", 9);
  const expected = { results, approval: { by: text(200_000) }, child: { shipped: input.deliveries } };
  expect(await fork.getResult()).toEqual(expected);
  expect(ran).toHaveLength(7);
  const written = await pathsIn(store);
  expect(asked("read")).toBeLessThanOrEqual(written.length);
});

it("keeps large texts out of all tables of DBOS", async () => {
  const { rows: tables } = await db.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'dbos'`,
  );
  expect(tables.length).toBeGreaterThan(3);
  for (const { name } of tables) {
    const { rows } = await db.query<{ largest: number | null }>(
      `select max(octet_length(line::text)) as largest from dbos."${name}" as line`,
    );
    expect([name, (rows[0]!.largest ?? 0) < 70_000]).toEqual([name, true]);
  }
});

it("fails with a clear error where a payload is gone, and leaves nothing when all days are released", async () => {
  await manager.release("dbos");
  expect(await pathsIn(store)).toEqual([]);
  const fork = await DBOS.forkWorkflow("w", 9);
  await expect(fork.getResult()).rejects.toThrow(/no such object|NOT_FOUND/);
});
