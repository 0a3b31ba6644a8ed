import { isWholeBody } from "../../src/store/body.js";
import type { Clock } from "../../src/async/clock.js";
import { CallLayer } from "../../src/store/layers/call-layer.js";
import type { CallOptions, DeleteOptions, ObjectInfo, Store, StoreBody, WriteOptions } from "../../src/store/store.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";

/** Delivers some requests twice, as networks do that repeat what they have no answer to: at once, or a good while later. */
export class RepeatingStore extends CallLayer {
  active = true;
  /** Requests that were delivered again. */
  repeated = 0;
  private readonly late = new Set<Promise<unknown>>();

  constructor(
    inner: Store,
    private readonly choice: RandomChoice,
    private readonly rate: number,
    private readonly clock: Clock,
  ) {
    super(inner);
  }

  override write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return this.deliver(isWholeBody(body), options, (given) => this.inner.write(path, body, given));
  }

  override delete(path: string, options?: DeleteOptions): Promise<void> {
    return this.deliver(true, options, (given) => this.inner.delete(path, given));
  }

  override copy(from: string, to: string, options?: CallOptions): Promise<ObjectInfo> {
    return this.deliver(true, options, (given) => this.inner.copy(from, to, given));
  }

  /** Resolves when nothing is delivered any more. */
  async settled(): Promise<void> {
    while (this.late.size > 0) await Promise.all(this.late);
  }

  private deliver<T, Options extends CallOptions>(
    canRepeat: boolean,
    options: Options | undefined,
    request: (options: Options | undefined) => Promise<T>,
  ): Promise<T> {
    if (!canRepeat || !this.active || !this.choice.chance(this.rate)) return request(options);
    this.repeated++;
    // The network knows nothing of the caller's signal.
    const again = (): Promise<T> => request(options && { ...options, signal: undefined });
    const when = this.choice.of(["first", "second", "late"] as const);
    if (when === "second") this.keep(again());
    const answer = request(options);
    if (when === "first") this.keep(again());
    if (when === "late") this.keep(this.afterwards(answer, again));
    return answer;
  }

  private async afterwards(answer: Promise<unknown>, again: () => Promise<unknown>): Promise<void> {
    await answer;
    await new Promise<void>((resolve) => this.clock.setTimeout(resolve, this.choice.of([0, 50, 5000])));
    await again();
  }

  private keep(delivery: Promise<unknown>): void {
    const kept = delivery.catch(() => undefined).finally(() => this.late.delete(kept));
    this.late.add(kept);
  }
}
