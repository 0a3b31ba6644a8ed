import { restated } from "../../../errors/as-storage-error.js";
import { isStorageError } from "../../../errors/error.js";
import { abortable } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";

/** Lets callers that want the same thing at the same time share one request. */
export class SingleFlight<T> {
  // By key, then by path: see cacheKey().
  readonly #flights = new Map<string, Map<string, Flight<T>>>();

  /** @param leftOver is given an outcome that nobody waits for any more */
  constructor(private readonly leftOver: (outcome: T) => void = () => undefined) {}

  /** Joins the request for a path, or starts it. */
  join(key: string, path: string, run: (flight: Flight<T>) => Promise<T>): Flight<T> {
    const flight = this.#flights.get(key)?.get(path);
    if (flight !== undefined) return flight;
    const started = new Flight(run, this.leftOver, (ended) => this.#remove(key, path, ended));
    const ofKey = this.#flights.get(key) ?? new Map<string, Flight<T>>();
    this.#flights.set(key, ofKey.set(path, started));
    return started;
  }

  /** Marks the requests in flight as out of date, since their answers may be old. Nobody joins them any more. */
  outdate(key: string): void {
    for (const flight of this.#flights.get(key)?.values() ?? []) flight.current = false;
    this.#flights.delete(key);
  }

  #remove(key: string, path: string, flight: Flight<T>): void {
    const ofKey = this.#flights.get(key);
    if (ofKey?.get(path) !== flight) return;
    ofKey.delete(path);
    if (ofKey.size === 0) this.#flights.delete(key);
  }
}

/** One request that several callers wait for. */
export class Flight<T> {
  /** Whether the answer is still current. False once something happened to the object after the request had begun. */
  current = true;
  readonly #controller = new AbortController();
  readonly #outcome: Promise<T>;
  #waiting = 0;
  #over = false;

  constructor(
    run: (flight: Flight<T>) => Promise<T>,
    private readonly leftOver: (outcome: T) => void,
    private readonly ended: (flight: Flight<T>) => void,
  ) {
    this.#outcome = run(this).finally(() => {
      this.#over = true;
      this.ended(this);
    });
    this.#outcome.catch(() => undefined); // everyone may have left
  }

  /** Fires when everyone who waited has left, or with {@link abort}. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /**
   * Waits for the outcome, for the call that `details` describe. The signal ends the waiting of this call, and of no
   * other. The error names this call.
   *
   * @param take takes the outcome, before it counts as left over
   */
  async wait<R>(signal: AbortSignal | undefined, details: CallDetails, take: (outcome: T) => R): Promise<R> {
    this.#waiting++;
    try {
      return take(await abortable(this.#outcome, signal, details));
    } catch (error) {
      throw signal?.aborted === true ? error : asErrorOf(error, details);
    } finally {
      if (--this.#waiting === 0) this.#leave();
    }
  }

  #leave(): void {
    this.ended(this);
    if (!this.#over) this.abort(new Error("Everyone who waited has left."));
    this.#outcome.then(this.leftOver).catch(() => undefined);
  }
}

// Several calls can't share one error, since it names the operation and the path of one call.
function asErrorOf(error: unknown, details: CallDetails): unknown {
  if (!isStorageError(error) || (error.operation === details.operation && error.path === details.path)) return error;
  return restated(error, { ...details, store: error.store ?? details.store });
}
