import { ExternalStorage } from "@temporalio/common";
import type { Client } from "@temporalio/client";
import { releaseClosed, temporalStorageDriver } from "../../../src/adapters/temporal.js";
import { FakeClock } from "../../../src/testing/index.js";
import { pathsIn } from "../messages/messages.js";
import { Frontend } from "./frontend.js";
import { payload, setUp } from "./temporal.js";

const DAY = 86_400_000;
const big = "x".repeat(300_000);
const frontend = new Frontend();
const { manager, store } = setUp();
const driver = temporalStorageDriver({ manager });
let client: Client;

beforeAll(async () => {
  const dataConverter = { externalStorage: new ExternalStorage({ drivers: [driver] }) };
  client = await frontend.client({ namespace: "shop", dataConverter });
});

afterAll(async () => {
  await client.connection.close();
  frontend.close();
});

const later = () => new FakeClock(Date.now() + 2 * DAY);
const start = (workflowId: string) => client.workflow.start("order", { workflowId, taskQueue: "q", args: [big, 1] });

it("ends what the namespace knows no longer, and nothing else", async () => {
  await start("a/1");
  await start("b 2");
  const { payloads } = frontend.started[0]!.input!;
  expect(payloads!.map(({ data }) => data!.byteLength < 700)).toEqual([true, true]);
  await driver.store({ target: { kind: "workflow", namespace: "shop", id: "a/1", runId: "r" } }, [payload(big + big)]);
  await driver.store({ target: { kind: "workflow", namespace: "other", id: "a/1" } }, [payload(big)]);
  await driver.store({ target: { kind: "workflow", namespace: "shop", id: "l".repeat(200) } }, [payload(big)]);
  frontend.gone.add("a/1");

  const dry = await releaseClosed({ client, manager, namespace: "shop", clock: later(), dryRun: true });
  expect(dry).toEqual({ deleted: 2, workflows: ["a/1"], kept: 1, unknown: 1 });
  expect(await pathsIn(store)).toHaveLength(5);
  expect(await releaseClosed({ client, manager, namespace: "shop", clock: later() })).toEqual(dry);
  const left = (await pathsIn(store)).map((path) => path.split("/").slice(2, 5).join("/"));
  expect(left.sort()).toEqual([
    "other/workflow/a%2F1",
    "shop/workflow/b%202",
    expect.stringMatching(/^shop\/workflow\/~/) as string,
  ]);
});

it("keeps what was just stored for a workflow that is about to start", async () => {
  await start("young");
  frontend.gone.add("young");
  expect(await releaseClosed({ client, manager, namespace: "shop" })).toMatchObject({ deleted: 0, workflows: [] });
  const all = { client, manager, namespace: "shop", minAge: 0, clock: later() };
  expect(await releaseClosed(all)).toMatchObject({ deleted: 1, workflows: ["young"] });
});

it("deletes nothing for a client of another namespace, nor when the server does not answer as it should", async () => {
  await expect(releaseClosed({ client, manager, namespace: "other" })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
  await expect(releaseClosed({ client: {}, manager, namespace: "" } as never)).rejects.toThrow(/client: .*namespace: /);
  const failure = Object.assign(new Error("Namespace not found: 'shop'"), { name: "NamespaceNotFoundError" });
  const failing = { workflow: { getHandle: () => ({ describe: () => Promise.reject(failure) }) } } as never;
  await expect(releaseClosed({ client: failing, manager, namespace: "shop", clock: later() })).rejects.toThrow(failure);
  expect((await pathsIn(store)).length).toBeGreaterThan(2);
});
