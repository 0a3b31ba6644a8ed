import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { ListOptions, ObjectInfo } from "../../src/store/store.js";
import { Serving } from "./serving.js";

it("the collector has one pass at a time", async () => {
  const store = new Held();
  const serving = await Serving.entered(new StorageManager({ store }));
  const first = serving.ask("/api/collect", { body: {} });
  await store.asked;
  const { status, json, headers } = await serving.ask("/api/collect", { body: {} });
  expect([status, json.code, headers["retry-after"]]).toEqual([429, "BUSY", "1"]);
  store.release();
  expect((await first).status).toBe(200);
  expect((await serving.ask("/api/collect", { body: {} })).status).toBe(200);
});

it("no more than eight things are done at once", async () => {
  const store = new Held();
  const serving = await Serving.entered(new StorageManager({ store }));
  const first = Array.from({ length: 8 }, () => serving.ask("/api/objects"));
  while (store.waiting < 8) await store.asked;
  expect((await serving.ask("/api/objects")).json.code).toBe("BUSY");
  expect((await serving.ask("/api/about")).status).toBe(200);
  store.release();
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual(first.map(() => 200));
});

it("what was asked for by somebody who went away ends", async () => {
  const store = new Held();
  const serving = await Serving.entered(new StorageManager({ store }));
  const gone = new AbortController();
  const asked = fetch(`${serving.origin}/api/objects`, { signal: gone.signal, headers: { cookie: serving.cookie } });
  const failed = asked.catch((error: unknown) => error);
  await store.asked;
  gone.abort();
  expect(await failed).toMatchObject({ name: "AbortError" });
  await store.aborted;
  store.release();
  expect((await serving.ask("/api/objects")).status).toBe(200);
});

class Deferred {
  resolve!: () => void;
  readonly promise = new Promise<void>((resolve) => (this.resolve = resolve));
}

/** Lists nothing before it is released. */
class Held extends MemoryStore {
  waiting = 0;
  readonly #release = new Deferred();
  readonly #aborted = new Deferred();
  #asked = new Deferred();

  /** Until it is asked the next time. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  get aborted(): Promise<void> {
    return this.#aborted.promise;
  }

  release(): void {
    this.#release.resolve();
  }

  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo> {
    this.waiting++;
    options?.signal?.addEventListener("abort", () => this.#aborted.resolve());
    const asked = this.#asked;
    this.#asked = new Deferred();
    asked.resolve();
    await this.#release.promise;
    yield* super.list(prefix, options);
  }
}
