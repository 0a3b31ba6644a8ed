import { isObject } from "../../json/is-object.js";
import { isStorageError } from "../../errors/error.js";
import { COLLECTOR_STATE } from "../../object/reserved-names.js";
import { locationProblem } from "../../paths/location.js";
import type { Store } from "../../store/store.js";

// A larger object is not a state that this collector wrote.
const MAX_STATE = 4096;

/** The state that one pass leaves for the next pass of any process. */
interface State {
  /** The time when the last pass began, in milliseconds since 1970. */
  readonly begun: number;
  /** The last path that was done. If it is absent, the next pass begins at the beginning. */
  readonly after?: string | undefined;
}

/**
 * The state of the collector of one prefix, kept as an object in the store. Where the store supports conditional
 * writes, the pass that writes the state first has the turn. Elsewhere two passes may run at once, which does no harm.
 */
export class CollectorState {
  private readonly path: string;
  private etag: string | undefined;
  private isThere = false;
  private written: string | undefined;

  constructor(
    private readonly store: Store,
    prefix: string,
  ) {
    this.path = `${prefix}/${COLLECTOR_STATE}`;
  }

  /**
   * Reads the state that the last pass left. Returns `undefined` before the first pass, and for an object that holds
   * no valid state.
   */
  async read(signal: AbortSignal): Promise<State | undefined> {
    try {
      const result = await this.store.read(this.path, { signal });
      this.isThere = true;
      this.etag = result.info.etag;
      if (result.info.size <= MAX_STATE) return parse(await result.bytes());
      await result.cancel();
      return undefined;
    } catch (error) {
      if (isStorageError(error, "NOT_FOUND")) return undefined;
      throw error;
    }
  }

  /**
   * Writes the state, unless it is equal to the last one that was written.
   *
   * @returns whether nobody else has written the state since it was read
   */
  async write(state: State, signal: AbortSignal): Promise<boolean> {
    const text = JSON.stringify({ version: 1, ...state });
    if (text === this.written) return true;
    const { ifMatch, ifNoneMatch } = (await this.store.capabilityOf?.(this.path, { signal })) ?? this.store.capability;
    const condition = this.isThere
      ? ifMatch && this.etag !== undefined
        ? { ifMatch: this.etag }
        : {}
      : ifNoneMatch
        ? { ifNoneMatch: "*" as const }
        : {};
    try {
      const { etag } = await this.store.write(this.path, Buffer.from(text), { ...condition, signal });
      this.written = text;
      this.isThere = true;
      this.etag = etag;
      return true;
    } catch (error) {
      // NOT_FOUND means that the object to be matched is gone.
      const isOvertaken = ["PRECONDITION_FAILED", "ALREADY_EXISTS", "NOT_FOUND"] as const;
      if (isOvertaken.some((code) => isStorageError(error, code))) return false;
      throw error;
    }
  }
}

function parse(bytes: Uint8Array): State | undefined {
  let state: unknown;
  try {
    state = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
  if (!isObject(state) || typeof state.begun !== "number" || !Number.isFinite(state.begun)) return undefined;
  const { begun, after } = state;
  // A store refuses to list from an invalid path, and every pass would fail.
  return { begun, after: typeof after === "string" && locationProblem(after) === undefined ? after : undefined };
}
