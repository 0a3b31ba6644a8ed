import { isStorageError } from "../errors/error.js";
import { notify } from "./notify.js";
import type { CompositionEvent, ObservedOperation, StorageEvent, StorageObserver } from "./event.js";

/** What an operation adds to its event once it is known. */
export type EventDetails = {
  [Name in keyof Omit<StorageEvent, "operation" | "outcome" | "code" | "durationMs">]?: StorageEvent[Name] | undefined;
};

interface Failure {
  readonly error: unknown;
}

/** Tells observers of operations. Without an observer it costs nothing: no clock is read, no event is made. */
export class Recorder {
  constructor(
    private readonly observers: readonly StorageObserver[],
    private readonly now: () => number = performance.now.bind(performance),
  ) {}

  /** Whether anybody is told. */
  get listens(): boolean {
    return this.observers.length > 0;
  }

  /** Runs an operation and tells how it ended. `details` may be filled in while it runs. */
  record<T>(operation: ObservedOperation, details: EventDetails, run: () => Promise<T>): Promise<T> {
    return this.listens ? this.recordHeard(operation, details, run) : run();
  }

  private async recordHeard<T>(operation: ObservedOperation, details: EventDetails, run: () => Promise<T>): Promise<T> {
    const end = this.begin(operation, details);
    try {
      const result = await run();
      end();
      return result;
    } catch (error) {
      end({ error });
      throw error;
    }
  }

  /** Tells of something that happens inside an operation. */
  tell(event: CompositionEvent, details: EventDetails): void {
    if (this.observers.length > 0) this.begin(event, details)();
  }

  /** Hands on what an operation gives one by one, counts it as `objects`, and tells how the operation ended. */
  async *recordEach<T>(
    operation: ObservedOperation,
    details: EventDetails,
    items: AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    if (this.observers.length === 0) {
      yield* items;
      return;
    }
    const end = this.begin(operation, details);
    let failure: Failure | undefined;
    details.objects = 0;
    try {
      for await (const item of items) {
        details.objects++;
        yield item;
      }
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      end(failure); // also for a reader that has had enough
    }
  }

  private begin(operation: StorageEvent["operation"], details: EventDetails): (failure?: Failure) => void {
    const start = this.now();
    return (failure) => {
      const known = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
      this.emit({ bytes: 0, ...known, operation, ...endOf(failure), durationMs: this.now() - start });
    };
  }

  private emit(event: StorageEvent): void {
    for (const observer of this.observers) notify(observer, { ...event });
  }
}

function endOf(failure: Failure | undefined): Pick<StorageEvent, "outcome" | "code"> {
  if (failure === undefined) return { outcome: "success" };
  const { error } = failure;
  return { outcome: "error", code: isStorageError(error) ? error.code : "UNEXPECTED" };
}
