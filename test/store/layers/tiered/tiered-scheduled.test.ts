import fc from "fast-check";
import { isStorageError, StorageError } from "../../../../src/errors/error.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import type { ReadOptions, Store } from "../../../../src/store/store.js";
import { TappedStore } from "../../../support/tapped-store.js";
import { storageError } from "../../storage-error.js";
import { textOf } from "./tiered-fixture.js";

// Callers of one tiered store, each doing one thing after the other, whose requests and answers travel for as long as
// fast-check's scheduler says: it looks for the interleaving that breaks a promise, and shrinks it.

const PATHS = ["a", "b"] as const;

// What becomes of a change: done and answered; done, but the answer is lost; given up, and done later all the same.
type Fate = "answered" | "answer lost" | "arrives late";

type Step =
  | { verb: "read" | "read range" | "read, given up"; path: string }
  | { verb: "write" | "delete" | "copy"; path: string; fate: Fate };

const path = fc.constantFrom(...PATHS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ verb: fc.constantFrom("read", "read", "read range", "read, given up"), path }) },
  {
    weight: 2,
    arbitrary: fc.record({
      verb: fc.constantFrom("write", "write", "delete", "copy"),
      path,
      fate: fc.constantFrom<Fate>("answered", "answered", "answer lost", "arrives late"),
    }),
  },
);
const callers = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 4 });

const MODES = [{ validate: "immutable" }, { validate: "always" }, { validate: "always", staleIfError: true }] as const;

const LOST = new StorageError("UNAVAILABLE", "The answer was lost.");

/** A change that a caller makes. */
interface Change {
  readonly fate: Fate;
  /** What it made of the object: its place among the versions. 0 until it has happened. */
  place: number;
}

/** The remote, and what every object held one after the other; `undefined` is nothing. */
class World {
  readonly versions: Record<string, (string | undefined)[]> = { a: [undefined], b: [undefined] };
  /** The next changes of each path. */
  readonly changes: Record<string, Change[]> = { a: [], b: [] };
  readonly remote: TappedStore;
  /** Where in `versions` each path is known to be at least, by all calls that have ended. */
  readonly acknowledged: Record<string, number> = { a: 0, b: 0 };

  constructor(readonly scheduler: fc.Scheduler) {
    this.remote = new TappedStore((call, proceed) => {
      const { operation, path: at } = call;
      if (operation === "cancel") return proceed();
      const changes = operation === "write" || operation === "delete" || operation === "copy";
      return changes ? this.change(operation, at, proceed) : this.travel(operation, at, proceed);
    });
  }

  private async travel<T>(operation: string, at: string, proceed: () => Promise<T>): Promise<T> {
    await this.scheduler.schedule(Promise.resolve(), `${operation} ${at}`);
    const answer = await proceed().then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await this.scheduler.schedule(Promise.resolve(), `${operation} ${at} answered`);
    return answer();
  }

  private async change<T>(operation: string, at: string, proceed: () => Promise<T>): Promise<T> {
    const change = this.changes[at]!.shift()!;
    const recorded = async (): Promise<T> => {
      const value = await proceed();
      const content = await this.now(at);
      change.place = this.versions[at]!.push(content) - 1;
      return value;
    };
    if (change.fate !== "arrives late") {
      const value = await this.travel(operation, at, recorded);
      if (change.fate === "answer lost") throw LOST;
      return value;
    }
    void this.travel(`late ${operation}`, at, recorded).catch(() => undefined);
    await this.scheduler.schedule(Promise.resolve(), `${operation} ${at} given up`);
    throw LOST;
  }

  now(at: string): Promise<string | undefined> {
    return contentOf(this.remote.inner, at);
  }
}

function contentOf(store: Store, at: string, options?: ReadOptions): Promise<string | undefined> {
  return textOf(store, at, options).catch((error: unknown) => {
    if (isStorageError(error, "NOT_FOUND")) return undefined;
    throw error;
  });
}

async function makeCalls(id: number, steps: readonly Step[], world: World, store: TieredStore): Promise<void> {
  const { versions, changes, acknowledged, scheduler } = world;

  const read = async (at: string, offset: number): Promise<void> => {
    const since = acknowledged[at]!;
    const content = await contentOf(store, at, { offset: offset || undefined });
    const possible = versions[at]!.slice(since).map((text) => text?.slice(offset));
    expect(possible).toContain(content);
  };

  const giveUp = async (at: string): Promise<void> => {
    const controller = new AbortController();
    const given = contentOf(store, at, { signal: controller.signal }).catch((error: unknown) => {
      expect(error).toEqual(storageError({ code: "ABORTED" }));
    });
    await scheduler.schedule(Promise.resolve(), `caller ${id}: gives up ${at}`);
    controller.abort();
    await given;
  };

  const change = async (verb: "write" | "delete" | "copy", at: string, fate: Fate, text: string): Promise<void> => {
    const made: Change = { fate, place: 0 };
    changes[at]!.push(made);
    try {
      if (verb === "write") await store.write(at, text);
      else if (verb === "delete") await store.delete(at);
      else await store.copy(at === "a" ? "b" : "a", at);
    } catch (error) {
      if (!isStorageError(error, "NOT_FOUND")) expect(error).toBe(LOST);
    }
    // Nobody may be served anything older from now on.
    if (fate !== "arrives late") acknowledged[at] = Math.max(acknowledged[at]!, made.place);
  };

  for (const [i, { path: at, ...todo }] of steps.entries()) {
    await scheduler.schedule(Promise.resolve(), `caller ${id}: ${todo.verb} ${at}`);
    if ("fate" in todo) await change(todo.verb, at, todo.fate, `${id}.${i}`);
    else if (todo.verb === "read, given up") await giveUp(at);
    else await read(at, todo.verb === "read range" ? 1 : 0);
  }
}

describe("a TieredStore under every order of events", () => {
  it.each(MODES)("never serves what is older than an acknowledged change, and ends as its remote: %o", async (mode) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), callers, fc.constantFrom(2600, 1e6), async (scheduler, plans, maxBytes) => {
        const world = new World(scheduler);
        const store = new TieredStore({ remote: world.remote, ...mode, maxBytes, maxObjectSize: 100 });
        const running = plans.map((steps, id) => makeCalls(id, steps, world, store));
        await scheduler.waitIdle();
        await Promise.all(running);
        for (const at of PATHS) {
          const read = contentOf(store, at);
          await scheduler.waitIdle();
          expect(await read).toBe(await world.now(at));
        }
        expect(store.stats().bytes).toBeLessThanOrEqual(maxBytes);
        expect(store.stats().faults).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
