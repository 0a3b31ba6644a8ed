import { relayed } from "../async/relayed.js";
import { isStorageError } from "../errors/error.js";
import { callsHadObservers, NOBODY, withObservers } from "./call-observers.js";
import { hasSubscribers, publish } from "./channel.js";
import type { CompositionEvent, ObservedOperation, StorageEvent } from "./event.js";
import type { LoggedOperation } from "./logger.js";
import { notify } from "./notify.js";
import { runWithin, startOf, type Observers, type OperationEnd } from "./observer.js";
import { tellAll } from "./tell.js";

type Details = Omit<StorageEvent, "operation" | "outcome" | "code" | "durationMs"> & {
  /** Path of the object, or prefix of a listing: for the log only. */
  path: string;
};

/** Details that an operation adds to its event once they are known. */
export type EventDetails = { [Name in keyof Details]?: Details[Name] | undefined };

interface Failure {
  readonly error: unknown;
}

/** Listeners of a manager besides its observers, and how they are notified. */
export interface RecorderOptions {
  /** Called for every operation, with the path at which it happened. */
  readonly log?: ((operation: LoggedOperation) => void) | undefined;
  /**
   * Whether there are stores below with events of their own. They notify the same observers, if they have none of
   * their own.
   */
  readonly storesTell?: boolean;
  readonly now?: () => number;
}

/** Notifies observers of operations. Without listeners it costs nothing: it reads no clock, and makes no event. */
export class Recorder {
  private readonly observers: Observers;
  private readonly log: RecorderOptions["log"];
  private readonly storesTell: boolean;
  private readonly now: () => number;

  constructor(observers: Observers, options: RecorderOptions = {}) {
    this.observers = observers.length === 0 ? NOBODY : observers;
    this.log = options.log;
    this.storesTell = options.storesTell ?? false;
    this.now = options.now ?? performance.now.bind(performance);
  }

  /** Whether anybody is notified. */
  get listens(): boolean {
    return this.observers.length > 0 || this.log !== undefined || hasSubscribers();
  }

  /** Whether stores below notify these observers. */
  get tellsOfStores(): boolean {
    return this.storesTell && this.observers.length > 0;
  }

  /** Runs an operation and reports how it ended. `details` may be filled in while it runs. */
  record<T>(operation: ObservedOperation, details: EventDetails, run: () => Promise<T>): Promise<T> {
    return this.listens ? this.recordHeard(operation, details, run) : this.within(run);
  }

  private async recordHeard<T>(operation: ObservedOperation, details: EventDetails, run: () => Promise<T>): Promise<T> {
    const course = this.begin(operation, details);
    try {
      const result = await course.run(run);
      course.end();
      return result;
    } catch (error) {
      course.end({ error });
      throw error;
    }
  }

  /** Reports an event inside an operation. */
  tell(operation: CompositionEvent, details: EventDetails): void {
    if (!this.listens) return;
    const { path, ...event } = eventOf(operation, details, { outcome: "success", durationMs: 0 });
    tellAll(this.observers, event);
    this.writeLog(event, path);
  }

  /** Passes on the items of an operation one by one, counts them as `objects`, and reports how the operation ended. */
  async *recordEach<T>(
    operation: ObservedOperation,
    details: EventDetails,
    items: AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    if (!this.listens) {
      yield* this.storesTell && callsHadObservers() ? relayed(items, (next) => this.within(next)) : items;
      return;
    }
    const course = this.begin(operation, details);
    let failure: Failure | undefined;
    details.objects = 0;
    try {
      for await (const item of relayed(items, (next) => course.run(next))) {
        details.objects++;
        yield item;
      }
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      course.end(failure); // also for a reader that stops early
    }
  }

  /** Runs code that belongs to an operation that has ended. The stores below notify the same observers as before. */
  within<T>(run: () => T): T {
    return this.storesTell ? withObservers(this.observers, run) : run();
  }

  private writeLog(event: StorageEvent, path: string | undefined): void {
    if (this.log !== undefined) notify(this.log, { event: { ...event }, path });
  }

  private begin(operation: ObservedOperation, details: EventDetails): Course {
    const attributes = known({ ...details, path: undefined });
    const ends = this.observers.flatMap((observer) => startOf(observer, operation, attributes) ?? []);
    const contexts = ends.filter(({ run }) => run !== undefined);
    const begun = this.now();
    return {
      run: (work) => this.within(() => inside(contexts, work)),
      end: (failure) => {
        const end = { ...endOf(failure), durationMs: this.now() - begun };
        const { path = pathOf(failure), ...event } = eventOf(operation, details, end);
        for (const told of ends) notify(told, { ...event });
        this.writeLog(event, path);
        publish(event);
      },
    };
  }
}

/** An operation that observers know. */
interface Course {
  run<T>(work: () => T): T;
  end(failure?: Failure): void;
}

/** Runs work inside the contexts of all observers. The first context is the outermost. */
function inside<T>(contexts: readonly OperationEnd[], work: () => T): T {
  return contexts.reduceRight<() => T>((inner, end) => () => runWithin(end, inner), work)();
}

function eventOf(
  operation: StorageEvent["operation"],
  details: EventDetails,
  end: Pick<StorageEvent, "outcome" | "code" | "durationMs">,
): StorageEvent & { path?: string } {
  return { bytes: 0, ...known(details), operation, ...end };
}

function known(details: EventDetails): Partial<Details> {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

function pathOf(failure: Failure | undefined): string | undefined {
  return isStorageError(failure?.error) ? failure.error.path : undefined;
}

function endOf(failure: Failure | undefined): Pick<StorageEvent, "outcome" | "code"> {
  if (failure === undefined) return { outcome: "success" };
  const { error } = failure;
  return { outcome: "error", code: isStorageError(error) ? error.code : "UNEXPECTED" };
}
