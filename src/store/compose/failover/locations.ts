import { throwIfAborted } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import { StorageError, isStorageError } from "../../../errors/error.js";
import { tell } from "../../../observe/tell.js";
import type { Round } from "../replicas/ask-replicas.js";
import { Attempt } from "../replicas/attempt.js";
import { type ReplicaFailure } from "../replicas/replica-errors.js";
import { asStorageError } from "../../../errors/as-storage-error.js";
import type { Course } from "../replicas/replica-reader.js";
import type { Replica } from "../replicas/replica.js";
import { LocationCache } from "./location-cache.js";
import type { FailoverSettings, Locator } from "./options.js";

/** Says which stores to ask for an object: those that the locator names, or the one where it was found last, or all. */
export class Locations {
  readonly #byName: ReadonlyMap<string, Replica>;
  readonly #cache: LocationCache | undefined;

  constructor(
    private readonly replicas: readonly Replica[],
    private readonly settings: FailoverSettings,
  ) {
    this.#byName = new Map(replicas.map((replica) => [replica.name, replica]));
    const { locator, locationCache, clock, random } = settings;
    if (locator !== undefined && locationCache !== false) {
      this.#cache = new LocationCache({ ...locationCache, clock, random });
    }
  }

  /**
   * Returns the stores to ask for an object, in rounds.
   *
   * @throws {StorageError} `UNAVAILABLE` when the locator fails and reads may not go on without it; `CONFIG_INVALID`
   *   when it names only stores that are not configured; `ABORTED`
   */
  async courseOf(path: string, signal: AbortSignal | undefined, details: CallDetails): Promise<Course> {
    const { locator, degradedReads, observer } = this.settings;
    if (locator === undefined) return { rounds: [this.#broadcast(this.replicas)] };
    let names: readonly string[];
    try {
      names = await this.#locate(locator, path, signal, details);
    } catch (thrown) {
      throwIfAborted(signal, details);
      const { code } = asStorageError(thrown, details);
      tell(observer, "degraded_read", details.store, { during: details.operation, code });
      if (degradedReads) return this.#degraded(path);
      const message = "The locator failed, and reads without it are turned off.";
      throw new StorageError("UNAVAILABLE", message, { ...details, cause: thrown });
    }
    const { replicas, failures } = this.#known(names, details);
    return { rounds: replicas.length === 0 ? [] : [{ replicas, parallelism: 1 }], failures };
  }

  /** Forgets where the object was found last, since that is no longer true. */
  forget(path: string): void {
    this.#cache?.forget(path);
  }

  async #locate(
    locator: Locator,
    path: string,
    signal: AbortSignal | undefined,
    details: CallDetails,
  ): Promise<readonly string[]> {
    const { clock, attemptTimeout } = this.settings;
    const attempt = new Attempt(signal, { clock, timeout: attemptTimeout }, details);
    try {
      const locating = async (): Promise<unknown> => locator(path, { signal: attempt.signal });
      const names = await attempt.wait(locating());
      if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
      throw new StorageError("UNEXPECTED", "The locator did not answer with a list of names.", details);
    } finally {
      attempt.end();
    }
  }

  // A copy in a store that is not configured can't be asked. So it counts as failed, because nobody knows that the
  // object is not there.
  #known(names: readonly string[], details: CallDetails): { replicas: Replica[]; failures: ReplicaFailure[] } {
    const replicas = new Set<Replica>();
    const failures: ReplicaFailure[] = [];
    for (const name of names) {
      const replica = this.#byName.get(name);
      if (replica !== undefined) replicas.add(replica);
      else {
        const news = { replica: name, during: details.operation, code: "CONFIG_INVALID" } as const;
        tell(this.settings.observer, "replica_skip", details.store, news);
        const error = new StorageError("CONFIG_INVALID", "The locator names a store that is not configured.", details);
        failures.push({ replica: { name, index: this.replicas.length }, error });
      }
    }
    if (replicas.size > 0 || names.length === 0) return { replicas: [...replicas], failures };
    throw new StorageError("CONFIG_INVALID", "The locator names only stores that are not configured.", details);
  }

  #degraded(path: string): Course {
    const name = this.#cache?.get(path);
    const cached = name === undefined ? undefined : this.#byName.get(name);
    const broadcast = this.#broadcast(this.replicas.filter((replica) => replica !== cached));
    const rounds: Round[] = cached === undefined ? [broadcast] : [{ replicas: [cached], parallelism: 1 }, broadcast];
    return {
      rounds,
      onWin: ({ name: found }, round) => {
        if (round === broadcast) this.#cache?.remember(path, found);
      },
      onFailure: ({ replica, error }: ReplicaFailure) => {
        // A copy that was only skipped is still there.
        if (!isStorageError(error, "USAGE_LIMIT")) this.#cache?.forget(path, replica.name);
      },
    };
  }

  #broadcast(replicas: readonly Replica[]): Round {
    const { mode, parallelism } = this.settings.broadcast;
    return { replicas, parallelism: mode === "parallel" ? parallelism : 1 };
  }
}
