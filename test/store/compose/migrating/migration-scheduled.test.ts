import fc from "fast-check";
import {
  isNotFound,
  MemoryStore,
  migrate,
  MigratingStore,
  StorageManager,
  type MigrationPhase,
  type Store,
} from "../../../../src/index.js";
import { TappedStore } from "../../../support/tapped-store.js";

// Managers of processes in both phases, which write, read and release while everything is copied. Each request and each
// answer travels for as long as fast-check's scheduler says.

type Phase = Exclude<MigrationPhase, "drain">;

/** What becomes of one payload. The phases are those of the processes that do it. */
interface Story {
  readonly writer: Phase | "was there";
  readonly readers: readonly Phase[];
  readonly releaser: Phase | undefined;
}

const phase = fc.constantFrom<Phase>("prepare", "move");
const story: fc.Arbitrary<Story> = fc.record({
  writer: fc.constantFrom("was there", "prepare", "move"),
  readers: fc.array(phase, { maxLength: 2 }),
  releaser: fc.option(phase, { nil: undefined }),
});

class Fleet {
  readonly from = new MemoryStore();
  readonly to = new MemoryStore();
  readonly slowFrom: Store;
  readonly slowTo: Store;
  /** Scopes whose release has begun. */
  readonly dying = new Set<string>();
  readonly payloads = new Map<string, { readonly payload: unknown; readonly dehydrated: unknown }>();
  readonly #managers: Readonly<Record<MigrationPhase, StorageManager>>;

  constructor(readonly scheduler: fc.Scheduler) {
    this.slowFrom = this.#slow("from", this.from);
    this.slowTo = this.#slow("to", this.to);
    this.#managers = {
      prepare: this.#managerIn("prepare"),
      move: this.#managerIn("move"),
      drain: this.#managerIn("drain"),
    };
  }

  /** A store whose etags are as good as digests: no delete can tell two versions by them. */
  #slow(name: string, inner: Store): Store {
    return new TappedStore(
      async ({ operation, path }, proceed) => {
        await this.scheduler.schedule(Promise.resolve(), `${operation} ${path} at ${name}`);
        const answer = await Promise.allSettled([proceed()]);
        await this.scheduler.schedule(Promise.resolve(), `${operation} ${path} at ${name} answered`);
        if (answer[0].status === "rejected") throw answer[0].reason;
        return answer[0].value;
      },
      inner,
      { deleteIfMatch: false },
    );
  }

  #managerIn(at: MigrationPhase): StorageManager {
    const store = new MigratingStore({ from: this.slowFrom, to: this.slowTo, phase: at });
    return new StorageManager({ store, maxInlineSize: 0 });
  }

  async write(scope: string, writer: Story["writer"]): Promise<void> {
    const payload = { text: `payload of ${scope}` };
    const manager =
      writer === "was there" ? new StorageManager({ store: this.from, maxInlineSize: 0 }) : this.#managers[writer];
    this.payloads.set(scope, { payload, dehydrated: await manager.dehydrate(payload, { scope }) });
  }

  /** What a process reads, unless it is gone, and may be. */
  async read(scope: string, at: MigrationPhase): Promise<unknown> {
    const { payload, dehydrated } = this.payloads.get(scope)!;
    try {
      return await this.#managers[at].hydrate(dehydrated);
    } catch (error) {
      if (isNotFound(error) && this.dying.has(scope)) return payload;
      throw error;
    }
  }

  async release(scope: string, at: MigrationPhase): Promise<void> {
    this.dying.add(scope);
    await this.#managers[at].release(scope);
  }

  async pathsIn(store: Store): Promise<string[]> {
    const paths: string[] = [];
    for await (const { path } of store.list("")) paths.push(path);
    return paths;
  }
}

async function expectRead(scope: string, at: MigrationPhase, fleet: Fleet): Promise<void> {
  expect(await fleet.read(scope, at)).toEqual(fleet.payloads.get(scope)!.payload);
}

async function tell(scope: string, { writer, readers, releaser }: Story, fleet: Fleet): Promise<void> {
  if (writer !== "was there") await fleet.write(scope, writer);
  const reading = readers.map((at) => expectRead(scope, at, fleet));
  if (releaser !== undefined) await fleet.release(scope, releaser);
  await Promise.all(reading);
}

async function expectSafe(scheduler: fc.Scheduler, stories: readonly Story[], concurrency: number): Promise<void> {
  const fleet = new Fleet(scheduler);
  const scopes = stories.map((_, i) => `s${i}`);
  for (const [i, { writer }] of stories.entries()) if (writer === "was there") await fleet.write(scopes[i]!, writer);
  const telling = Promise.all(stories.map((one, i) => tell(scopes[i]!, one, fleet)));
  const stores = { from: fleet.slowFrom, to: fleet.slowTo, concurrency };
  await scheduler.waitFor(Promise.all([telling, migrate(stores)]));
  // The last pass, when nobody writes to the old store any more.
  await scheduler.waitFor(migrate(stores));
  const kept = scopes.filter((scope) => !fleet.dying.has(scope));
  const inTo = await fleet.pathsIn(fleet.to);
  expect(new Set(inTo.map((path) => path.split("/")[1]))).toEqual(new Set(kept));
  const inFrom = await fleet.pathsIn(fleet.from);
  expect(inFrom.filter((path) => fleet.dying.has(path.split("/")[1]!))).toEqual([]);
  for (const path of inFrom) await fleet.from.delete(path);
  await scheduler.waitFor(Promise.all(kept.map((scope) => expectRead(scope, "drain", fleet))));
}

describe("a migration under every order of events", () => {
  it("loses nothing that was not released, and brings nothing back that was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(story, { minLength: 1, maxLength: 4 }), fc.nat({ max: 2 }), (...run) =>
        expectSafe(run[0], run[1], run[2] + 1),
      ),
      { numRuns: Number(process.env["SCHEDULES"] ?? 150) },
    );
  });
});
