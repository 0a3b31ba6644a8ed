import { StorageError } from "../errors/error.js";
import type { HydrateProgress } from "../configure/options.js";

// What dehydration gives needs at most so many, whatever its own maxRecursionDepth: to a value that left whole, and from there
// to binary, or to a reference that was passed on.
const OWN_HOPS = 2;

/** What to do where a budget in the brackets is too small. */
export const RAISE = "Raise that limit if you trust the payload.";

/** What one hydration may cost, and has cost. */
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

  /** @throws {StorageError} `BUDGET_EXCEEDED` if that many more bytes can't come */
  assertBytes(bytes: number): void {
    if (bytes > this.bytesLeft) throw this.exceededBytes();
  }

  /** The error of a hydration that has more bytes than it may. */
  exceededBytes(): StorageError {
    return this.exceeded(`has more than ${this.limits.maxBytes} decoded bytes (maxBytes)`);
  }

  /**
   * Takes note of bytes that are held in memory though they were not asked for: the rest of objects of a store that can't
   * read a part of one. They have a budget of their own, as large.
   *
   * @returns the error of a hydration that would hold too many
   */
  hold(bytes: number): StorageError | undefined {
    this.held += bytes;
    if (this.held <= this.limits.maxBytes) return undefined;
    return this.exceeded(
      `needs parts of objects that have more than ${this.limits.maxBytes} bytes (maxBytes) together, in a store that ` +
        "reads objects only whole",
    );
  }

  /** Takes note of bytes that were decoded, or copied to another place. @throws {StorageError} `BUDGET_EXCEEDED` */
  spend(bytes: number): void {
    this.assertBytes(bytes);
    this.bytes += bytes;
  }

  /** Takes note of a reference whose value is here. */
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
