import { allEnded } from "../../async/concurrency.js";
import { isStorageError } from "../../errors/error.js";
import type { Capability } from "../../store/capability.js";
import type { Store, WriteOptions } from "../../store/store.js";
import { compared, type Told } from "./finding.js";
import type { Workspace } from "./workspace.js";

type Condition = "ifNoneMatch" | "ifMatch" | "deleteIfMatch";

/** A driver that tests conditions by requests of its own, beyond its declarations. `detect()` uses the same test. */
interface Probing {
  probe(options: { signal: AbortSignal }): Promise<Partial<Pick<Capability, Condition>>>;
}

// A server that looks first and writes later lets several win only if it takes them up together. A busy server does that
// at some objects only.
const OBJECTS = 8;
const RACERS = 2;
const REFUSALS = ["ALREADY_EXISTS", "PRECONDITION_FAILED"] as const;

/** Tests whether conditional requests hold, also when several run at once. */
export class Conditions {
  #probed: Promise<Partial<Pick<Capability, Condition>>> | undefined;

  constructor(private readonly work: Workspace) {}

  async tell(condition: Condition): Promise<Told> {
    const { store, signal } = this.work;
    const declared = store.capability[condition];
    if (canProbe(store)) {
      this.#probed ??= store.probe({ signal });
      const seen = (await this.#probed)[condition];
      if (seen !== undefined) return compared(declared, seen);
    }
    // The store refuses an undeclared condition without a request.
    if (!declared) return { declared, verdict: "note", note: "not tried: the store does not declare it" };
    return compared(declared, await this.holds(condition));
  }

  private holds(condition: Condition): Promise<boolean> {
    if (condition === "ifNoneMatch") return this.holdsAbsent();
    return condition === "ifMatch" ? this.holdsMatch() : this.holdsDelete();
  }

  private holdsAbsent(): Promise<boolean> {
    return this.isWonOnce("absent", (name) => Promise.resolve([this.work.path(name), { ifNoneMatch: "*" }]));
  }

  private holdsMatch(): Promise<boolean> {
    return this.isWonOnce("match", async (name) => {
      const path = await this.work.put(name);
      // An object without an etag has no condition, so that all writers win.
      return [path, { ifMatch: (await this.work.store.stat(path))?.etag }];
    });
  }

  private async holdsDelete(): Promise<boolean> {
    const { store } = this.work;
    const path = await this.work.put("delete");
    const old = (await store.stat(path))?.etag;
    await store.write(path, "newer");
    const etag = (await store.stat(path))?.etag;
    if (old === undefined || etag === undefined) return false;
    if (await isDone(store.delete(path, { ifMatch: old }))) return false;
    return isDone(store.delete(path, { ifMatch: etag }));
  }

  /** Lets writers of several objects race. Tells whether one wins at each object, and none that comes later. */
  private async isWonOnce(
    name: string,
    prepare: (name: string) => Promise<[path: string, condition: WriteOptions]>,
  ): Promise<boolean> {
    const objects = await allEnded(Array.from({ length: OBJECTS }, (_, object) => prepare(`${name}-${object}`)));
    const wins = await allEnded(
      objects.map(async ([path, condition]) => {
        const write = (body: string): Promise<boolean> => isDone(this.work.store.write(path, body, condition));
        const racers = await allEnded(Array.from({ length: RACERS }, (_, racer) => write(`racer ${racer}`)));
        return racers.filter(Boolean).length === 1 && !(await write("late"));
      }),
    );
    return wins.every(Boolean);
  }
}

function canProbe(store: Store): store is Store & Probing {
  return typeof (store as Partial<Probing>).probe === "function";
}

/** Says whether a request succeeded. False if the store refused it because of its condition. */
async function isDone(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (REFUSALS.some((code) => isStorageError(error, code))) return false;
    throw error;
  }
}
