import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { failureOf } from "../support/failure.js";

// Who is told of each object or problem may give a promise, which is waited for.

async function withDamage(): Promise<StorageManager> {
  const store = new MemoryStore();
  for (const name of ["a", "b", "c"]) await store.write(`outputs/s/${name.repeat(64)}.json`, Buffer.from("damaged"));
  return new StorageManager({ store });
}

type Listener = () => Promise<void>;

const CALLS: [
  name: string,
  call: (manager: StorageManager, told: Listener, signal?: AbortSignal) => Promise<unknown>,
][] = [
  ["collect", (manager, onObject, signal) => manager.collect({ dryRun: true, all: true, onObject, signal })],
  ["verifyPrefix", (manager, onProblem, signal) => manager.verifyPrefix("", { onProblem, signal })],
];

describe.each(CALLS)("%s", (_name, call) => {
  it("goes on when a listener rejects", async () => {
    const manager = await withDamage();
    let told = 0;
    await call(manager, () => {
      told++;
      return Promise.reject(new Error("The listener failed."));
    });
    expect(told).toBe(3);
  });

  it("is given up while a listener takes its time", async () => {
    const manager = await withDamage();
    const controller = new AbortController();
    const pending = failureOf(
      call(
        manager,
        () => {
          setImmediate(() => controller.abort("enough"));
          return new Promise(() => undefined);
        },
        controller.signal,
      ),
    );
    expect(await pending).toMatchObject({ code: "ABORTED", cause: "enough" });
  });
});
