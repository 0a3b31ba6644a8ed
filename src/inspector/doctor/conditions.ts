import { isStorageError } from "../../errors/error.js";
import type { Capability } from "../../store/capability.js";
import type { Store } from "../../store/store.js";
import { compared, type Told } from "./finding.js";
import type { Workspace } from "./workspace.js";

type Condition = "ifNoneMatch" | "ifMatch" | "deleteIfMatch";

/** A driver that tests conditions by requests of its own, beyond its declarations. `detect()` uses the same test. */
interface Probing {
  probe(options: { signal: AbortSignal }): Promise<Partial<Pick<Capability, Condition>>>;
}

const RACERS = 16;
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

  private async holdsAbsent(): Promise<boolean> {
    const path = this.work.path("absent");
    const write = (body: string): Promise<unknown> => this.work.store.write(path, body, { ifNoneMatch: "*" });
    return (await this.winners((racer) => write(`racer ${racer}`))) === 1 && !(await isDone(write("late")));
  }

  private async holdsMatch(): Promise<boolean> {
    const { store } = this.work;
    const path = await this.work.put("match");
    const etag = (await store.stat(path))?.etag;
    if (etag === undefined) return false;
    const write = (body: string): Promise<unknown> => store.write(path, body, { ifMatch: etag });
    return (await this.winners((racer) => write(`racer ${racer}`))) === 1 && !(await isDone(write("late")));
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

  private async winners(run: (racer: number) => Promise<unknown>): Promise<number> {
    const outcomes = await Promise.all(Array.from({ length: RACERS }, (_, racer) => isDone(run(racer))));
    return outcomes.filter(Boolean).length;
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
