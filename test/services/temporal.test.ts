import { join } from "node:path";
import { ExternalStorage } from "@temporalio/common";
import { temporal } from "@temporalio/proto";
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from "@temporalio/worker";
import { StorageManager } from "../../src/index.js";
import { temporalStorageDriver } from "../../src/adapters/temporal.js";
import { payload, runnerOf, setUp } from "../adapters/temporal/temporal.js";
import { historyOf } from "./temporal-history.js";

// Temporal's own worker: its core, and its sandbox. It needs no server to replay a history.
jest.setTimeout(120_000);

const target = { kind: "workflow", namespace: "shop", id: "w", runId: "r" } as const;
const value = (step: number): string => `${step}`.repeat(400_000);
let bundle: { code: string };

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger("ERROR", () => undefined) });
  const logger = new DefaultLogger("ERROR");
  bundle = await bundleWorkflowCode({ workflowsPath: join(__dirname, "temporal-workflows.ts"), logger });
});

/** A history whose payloads lie in a store. */
async function recorded() {
  const { manager, store, asked } = setUp({ readCache: { maxBytes: 64_000_000 } });
  const driver = temporalStorageDriver({ manager });
  const runner = runnerOf([driver], 262_144);
  const payloads = async (...values: unknown[]) => ({
    payloads: await runner.store(values.map(payload), { target }),
  });
  const steps = [];
  for (let index = 0; index < 5; index++) {
    const input = await payloads(index, index === 0 ? "input" : value(index - 1));
    steps.push({ input, result: await payloads(value(index)) });
  }
  const signal = await payloads(value(7));
  const child = { input: await payloads(value(4), value(7)), result: await payloads(value(8)) };
  return {
    manager,
    store,
    asked,
    driver,
    history: historyOf({ input: await payloads("input"), steps, signal, child }),
  };
}

type Driver = ReturnType<typeof temporalStorageDriver>;

function replay(driver: Driver, history: temporal.api.history.v1.IHistory): Promise<void> {
  const dataConverter = { externalStorage: new ExternalStorage({ drivers: [driver] }) };
  return Worker.runReplayHistory({ workflowBundle: bundle, dataConverter }, history, "w");
}

it("replays a run of five steps, a signal and a child as often as it likes, and reads each object once", async () => {
  const { asked, driver, history } = await recorded();
  expect(temporal.api.history.v1.History.encode(history).finish().byteLength).toBeLessThan(10_000);
  const written = asked("write");
  for (let i = 0; i < 3; i++) await replay(driver, history);
  // Five results, the signal, the child's: what steps were given, a replay does not need.
  expect(asked("read")).toBe(7);
  expect(asked("write")).toBe(written);
});

it("fails with a clear error where a payload is gone", async () => {
  const { store, history } = await recorded();
  const manager = new StorageManager({ store });
  await manager.release("temporal");
  await expect(replay(temporalStorageDriver({ manager }), history)).rejects.toThrow(/NOT_FOUND|not found/i);
});
