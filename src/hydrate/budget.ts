import { StorageError } from "../errors/error.js";
import type { HydrateProgress } from "../configure/options.js";

// Dehydrated payloads need at most this many hops, whatever their maxRecursionDepth. The first leads to a value that
// left whole. The second leads from there to binary, or to a reference that was passed on.
const OWN_HOPS = 2;

/** The advice for errors about a budget that is named in brackets. */
export const RAISE = "Raise that limit if you trust the payload.";

/** The limits of one hydration, and what it has used of them. */
export class HydrationBudget {
  private references = 0;
  private resolved = 0;
  private bytes = 0;
  private held = 0;

  constructor(
    private readonly limits: {
      readonly maxReferences?: number;
      readonly maxBytes: number;
      readonly maxRecursionDepth?: number;
    },
  ) {}

  /** Decoded bytes that may still come. */
  get bytesLeft(): number {
    return this.limits.maxBytes - this.bytes;
  }

  get progress(): HydrateProgress {
    return { references: this.references, resolved: this.resolved, bytes: this.bytes };
  }

  /**
   * Counts the references of one hop.
   *
   * @throws {StorageError} `RECURSION_LIMIT`, `BUDGET_EXCEEDED`
   */
  enterHop(hop: number, references: number): void {
    const { maxRecursionDepth = Infinity, maxReferences = Infinity } = this.limits;
    const maxHops = Math.max(maxRecursionDepth, OWN_HOPS);
    if (hop > maxHops) {
      throw new StorageError(
        "RECURSION_LIMIT",
        `The payload needs more than ${maxHops} reference hops (maxRecursionDepth); ${this.state()}. ${RAISE}`,
        { operation: "hydrate" },
      );
    }
    this.references += references;
    if (this.references > maxReferences) {
      throw this.exceeded(`holds more than ${maxReferences} references (maxReferences)`);
    }
  }

  /** Checks that this many more bytes may come. @throws {StorageError} `BUDGET_EXCEEDED` */
  assertBytes(bytes: number): void {
    if (bytes > this.bytesLeft) throw this.exceededBytes();
  }

  /** Makes the error of a hydration that exceeds its bytes. */
  exceededBytes(): StorageError {
    return this.exceeded(`has more than ${this.limits.maxBytes} decoded bytes (maxBytes)`);
  }

  /**
   * Counts bytes that are held in memory but were not asked for. They are the rest of objects in a store that can't
   * read parts. They have a budget of their own, of the same size.
   *
   * @returns the error of a hydration that would hold too many bytes
   */
  hold(bytes: number): StorageError | undefined {
    this.held += bytes;
    if (this.held <= this.limits.maxBytes) return undefined;
    return this.exceeded(
      `needs parts of objects that have more than ${this.limits.maxBytes} bytes (maxBytes) together, in a store that ` +
        "reads objects only whole",
    );
  }

  /** Counts bytes that were decoded, or copied to another place. @throws {StorageError} `BUDGET_EXCEEDED` */
  spend(bytes: number): void {
    this.assertBytes(bytes);
    this.bytes += bytes;
  }

  /** Counts a reference whose value has been put in place. */
  resolve(): void {
    this.resolved++;
  }

  private exceeded(what: string): StorageError {
    return new StorageError("BUDGET_EXCEEDED", `The payload ${what}; ${this.state()}. ${RAISE}`, {
      operation: "hydrate",
    });
  }

  private state(): string {
    return `it got as far as ${this.resolved} of ${this.references} references and ${this.bytes} bytes`;
  }
}
