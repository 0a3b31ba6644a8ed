// A step runner of a workflow engine. The engine keeps every step's output in its history, and takes 4 KiB at most.
// Run it: npx tsx examples/step-runner.ts
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, StorageManager } from "coatcheck";

const HISTORY_LIMIT = 4096;

interface Step {
  name: string;
  run: (input: unknown) => unknown;
}

/** Runs the steps one after the other. What the history holds is small, whatever the steps hand on. */
async function runWorkflow(manager: StorageManager, runId: string, steps: Step[], input: unknown): Promise<unknown> {
  const history: string[] = [];
  let travelling: unknown = await manager.dehydrateInputs(input, { scope: runId });
  for (const { name, run } of steps) {
    const output = await run(await manager.hydrate(travelling));
    // A scope for each step: a retry of the step writes the same objects again, and disturbs no other step.
    travelling = await manager.dehydrate(output, { scope: `${runId}/${name}` });
    const entry = JSON.stringify(travelling);
    assert.ok(Buffer.byteLength(entry) <= HISTORY_LIMIT, "the history would refuse this");
    history.push(entry);
    console.log(
      `${name}: ${Buffer.byteLength(JSON.stringify(output))} bytes, ${Buffer.byteLength(entry)} in the history`,
    );
  }
  return manager.hydrate(JSON.parse(history.at(-1) ?? "null"));
}

interface Order {
  id: number;
  item: string;
  price: number;
}

const steps: Step[] = [
  {
    name: "import",
    run: (input) => {
      const { count } = input as { count: number };
      return Array.from({ length: count }, (_, id): Order => ({ id, item: `item ${id % 7}`, price: id % 50 }));
    },
  },
  { name: "expensive", run: (input) => (input as Order[]).filter((order) => order.price >= 40) },
  {
    name: "sum",
    run: (input) => ({ orders: input, total: (input as Order[]).reduce((sum, order) => sum + order.price, 0) }),
  },
];

const root = await mkdtemp(join(tmpdir(), "coatcheck-steps-"));
const manager = new StorageManager({ store: new FileStore({ root }), maxEnvelopeSize: HISTORY_LIMIT });

const result = (await runWorkflow(manager, "run-42", steps, { count: 5000 })) as { total: number };
console.log(`total: ${result.total}`);

// The run is over, and nobody will ask for its payloads again.
const { deleted } = await manager.release("run-42");
console.log(`released: ${deleted} objects`);
await manager.close();
