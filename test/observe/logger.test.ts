import { Writable } from "node:stream";
import pino from "pino";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";

function memoryLog(level: string) {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      lines.push(...chunk.toString().trim().split("\n"));
      callback();
    },
  });
  const logger = pino({ level, base: null, timestamp: false }, stream);
  const logged = () => lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, logged };
}

const [DEBUG, WARN] = [20, 40];

describe("a pino logger", () => {
  it("is told of successes at debug, and of failures at warn", async () => {
    const { logger, logged } = memoryLog("trace");
    const manager = new StorageManager({ store: new MemoryStore(), logger });
    const message = await manager.dehydrate(longText("a"), { scope: "run/1", stepRunId: "step-1" });
    expect(logged()).toEqual([
      expect.objectContaining({
        level: DEBUG,
        msg: "storage write",
        operation: "write",
        outcome: "success",
        bytes: 1531,
      }),
      expect.objectContaining({ level: DEBUG, msg: "storage dehydrate", scope: "run/1", stepRunId: "step-1" }),
    ]);
    await manager.release("run/1");
    await failureOf(manager.hydrate(message));
    expect(logged()).toEqual([
      expect.objectContaining({ level: DEBUG, msg: "storage release" }),
      expect.objectContaining({ level: WARN, msg: "storage read failed", code: "NOT_FOUND", outcome: "error" }),
      expect.objectContaining({ level: WARN, msg: "storage hydrate failed", code: "NOT_FOUND" }),
    ]);
  });

  it("hears only failures at its usual level, and a child adds what it knows", async () => {
    const { logger, logged } = memoryLog("info");
    const manager = new StorageManager({ store: new MemoryStore(), logger: logger.child({ service: "orders" }) });
    await manager.dehydrate(longText("a"));
    expect(logged()).toEqual([]);
    await failureOf(manager.hydrate({ $bubuStorageRef: "/" }));
    expect(logged()).toMatchObject([{ level: WARN, service: "orders", code: "INVALID_REFERENCE" }]);
  });

  it("is told of paths where it logs at debug, and nobody else is", async () => {
    const events: unknown[] = [];
    const store = new MemoryStore();
    const call = async (level: string) => {
      const { logger, logged } = memoryLog(level);
      const manager = new StorageManager({ store, logger, observer: (event) => events.push(event) });
      const message = (await manager.dehydrate(longText("a"), { scope: "run/1" })) as { $storageRef: string };
      await manager.hydrate(message);
      for await (const { path } of manager.list("outputs/")) expect(path).toBe(message.$storageRef);
      await manager.delete(message.$storageRef);
      await failureOf(manager.hydrate(message));
      await failureOf(manager.readBlob("x".repeat(10_000)));
      return {
        path: message.$storageRef,
        lines: logged().map(({ operation, path, scope }) => [operation, path, scope]),
      };
    };
    const { path, lines } = await call("debug");
    expect(lines).toEqual([
      ["write", path, "run/1"],
      ["dehydrate", undefined, "run/1"],
      ["read", path, undefined],
      ["hydrate", undefined, undefined],
      ["list", "outputs/", undefined],
      ["delete", path, undefined],
      ["read", path, undefined],
      ["hydrate", path, undefined],
      ["read", undefined, undefined],
    ]);
    expect((await call("info")).lines.map(([operation, logged]) => [operation, logged])).toEqual([
      ["read", undefined],
      ["hydrate", undefined],
      ["read", undefined],
    ]);
    expect(JSON.stringify(events)).not.toContain("outputs/");
  });

  it.each<[string, () => void]>([
    [
      "throws",
      () => {
        throw new Error("a logger");
      },
    ],
    ["rejects", () => Promise.reject(new Error("a logger"))],
  ])("is heard beside an observer, and changes nothing when it %s", async (_, broken) => {
    const unhandled = jest.fn();
    process.on("unhandledRejection", unhandled); // which would end the process
    const events: string[] = [];
    const manager = new StorageManager({
      store: new MemoryStore(),
      logger: { debug: broken, warn: broken },
      observer: ({ operation }) => void events.push(operation),
    });
    await expect(manager.hydrate(await manager.dehydrate(longText("a")))).resolves.toBe(longText("a"));
    expect(events).toEqual(["write", "dehydrate", "read", "hydrate"]);
    await failureOf(manager.hydrate({ $bubuStorageRef: "/" }));
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("is not there by default: nothing is printed", async () => {
    const printed: unknown[] = [];
    const outputs = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, "write").mockImplementation((chunk) => printed.push(chunk) > 0),
    );
    try {
      const manager = new StorageManager({ store: new MemoryStore() });
      await manager.hydrate(await manager.dehydrate(longText("a")));
      await failureOf(manager.hydrate({ $bubuStorageRef: "/" }));
    } finally {
      for (const output of outputs) output.mockRestore();
    }
    expect(printed).toEqual([]);
  });
});
