import type { StorageError } from "../../src/errors/error.js";
import type { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { Violation } from "../support/fault-run/possible-states.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";
import { turn } from "../support/turn.js";
import type { Calls, Outcome } from "./calls.js";
import { SourceFailure, SourceWatch, type Pause } from "./payload-source.js";
import type { RandomPayload } from "./random-payload.js";
import { differenceOf } from "./same-value.js";

// Milliseconds. Once a body is handed out, how long it may take is for its reader to say.
const PATIENCE = 20_000;

/** What the messages of a case share. */
export interface Surroundings {
  readonly producer: StorageManager;
  readonly consumer: StorageManager;
  readonly calls: Calls;
  readonly keyOrder: boolean;
  /** Scopes that somebody has begun to release: references into them may be dead. */
  readonly released: Set<string>;
  readonly pause: Pause;
  /** Whether bytes may come that nobody wrote. */
  readonly lies: boolean;
  /** Whether a fault of the stores explains an error. */
  explains(error: StorageError): boolean;
  /** Is told of every reference at the moment when there is one. */
  onTicket(ticket: Ticket): void;
}

/** What a dehydration gave, as it travels, and what it stands for. */
export interface Ticket {
  readonly json: string | undefined;
  readonly message: Message;
}

/** A payload on its way: dehydrated, sent, hydrated, sometimes twice, sometimes released meanwhile. */
export class Message {
  readonly tickets: Ticket[] = [];
  private readonly expected: unknown;

  constructor(
    private readonly name: string,
    readonly payload: RandomPayload,
    private readonly scope: string | undefined,
    private readonly choice: RandomChoice,
    private readonly world: Surroundings,
  ) {
    this.expected = payload.expected();
  }

  describe(): string {
    return `${this.name}: ${this.payload.describe()}, scope ${this.scope ?? "of its own"}`;
  }

  get isReleased(): boolean {
    return this.scope !== undefined && this.world.released.has(this.scope);
  }

  async run(): Promise<void> {
    const { choice } = this;
    for (let turns = choice.below(6); turns > 0; turns--) await turn();
    // A step that fails is tried again; a message that was not acknowledged is sent again.
    for (let attempt = 0; attempt < 3 && this.tickets.length === 0; attempt++) {
      const twice = choice.chance(0.2);
      await Promise.all([this.dehydrate(), ...(twice ? [this.dehydrate()] : [])]);
    }
    const deliveries = this.tickets.flatMap((ticket) => {
      const count = choice.of([1, 1, 2, 3]);
      return Array.from({ length: count }, () => this.deliver(ticket));
    });
    const { scope } = this;
    if (scope !== undefined && choice.chance(0.15)) deliveries.push(this.release(scope));
    await Promise.all(deliveries);
  }

  /** Checks what a hydration gave. */
  assertSame(value: unknown, where: string): void {
    const difference = differenceOf(value, this.expected, this.world.keyOrder);
    if (difference !== undefined) throw new Violation(`${where} of ${this.name} gives another payload: ${difference}`);
  }

  private async dehydrate(): Promise<void> {
    const { calls, producer, pause } = this.world;
    const watch = new SourceWatch();
    const payload = this.payload.open(pause, watch);
    const { scope } = this;
    const outcome = await calls.make(
      `dehydrate ${this.name}`,
      async (signal) => producer.dehydrate(payload, { signal, scope }),
      (error) => this.explainsDehydration(error),
    );
    if ("value" in outcome) {
      if (!this.payload.isWhole) throw new Violation(`${this.name} was dehydrated, although a source of it has no end`);
      const ticket = { json: JSON.stringify(outcome.value) as string | undefined, message: this };
      this.tickets.push(ticket);
      this.world.onTicket(ticket);
    }
    for (let turns = 0; turns < 10 && watch.left.length > 0; turns++) await turn(); // closing takes a few
    if (watch.left.length > 0) throw new Violation(`dehydrate ${this.name} leaves sources open: ${watch.left.join()}`);
  }

  private explainsDehydration(error: StorageError): boolean {
    const { leaves } = this.payload;
    if (error.cause instanceof SourceFailure) return leaves.some(({ fails }) => fails);
    if (error.code === "TIMEOUT" && leaves.some(({ hangs }) => hangs)) return true;
    // A stream was deleted before it had its name.
    if (error.code === "NOT_FOUND") return this.isReleased && this.payload.hasStreams;
    return this.world.explains(error);
  }

  private async deliver(ticket: Ticket): Promise<void> {
    const { choice, world } = this;
    for (let turns = choice.below(4); turns > 0; turns--) await turn();
    const outcome = await this.hydrate(ticket, world.consumer);
    if ("value" in outcome) this.assertSame(outcome.value, "hydrate");
    if (choice.chance(0.2)) await this.openBinary(ticket);
  }

  private hydrate(ticket: Ticket, manager: StorageManager): Promise<Outcome<unknown>> {
    const value: unknown = ticket.json === undefined ? undefined : JSON.parse(ticket.json);
    return this.world.calls.make(
      `hydrate ${this.name}`,
      (signal) => manager.hydrate(value, { signal }),
      (error) => (error.code === "NOT_FOUND" ? this.isReleased : this.world.explains(error)),
    );
  }

  /** Streams what the first binary reference of the ticket stands for, to its end or not. */
  private async openBinary({ json }: Ticket): Promise<void> {
    const { calls, consumer } = this.world;
    const reference = binaryReference(json);
    if (reference === undefined) return;
    const gaveUpAfter = this.choice.chance(0.3) ? this.choice.below(3) : Infinity;
    const outcome = await calls.make(
      `open ${this.name}`,
      async (signal) => {
        const result = await consumer.open(reference, { signal });
        const chunks: Uint8Array[] = [];
        if (gaveUpAfter === 0) await result.cancel();
        else
          for await (const chunk of result) {
            if (chunks.push(new Uint8Array(chunk)) === gaveUpAfter) return undefined;
          }
        return gaveUpAfter === 0 ? undefined : Buffer.concat(chunks);
      },
      (error) => {
        // A stream is decoded as it comes; only its end tells that it was not what was stored.
        if (error.code === "DECODE_FAILED") return this.world.lies;
        return error.code === "NOT_FOUND" ? this.isReleased : this.world.explains(error);
      },
      PATIENCE,
    );
    if (!("value" in outcome) || outcome.value === undefined) return;
    const bytes = outcome.value;
    if (!this.payload.leaves.some((leaf) => leaf.bytes.equals(bytes))) {
      throw new Violation(`open of ${this.name} gives ${bytes.byteLength} bytes that are not those of the payload`);
    }
  }

  private async release(scope: string): Promise<void> {
    const { calls, producer, released } = this.world;
    for (let turns = this.choice.below(8); turns > 0; turns--) await turn();
    released.add(scope);
    await calls.make(
      `release ${scope}`,
      (signal) => producer.release(scope, { signal }),
      (error) => this.world.explains(error),
    );
  }
}

function binaryReference(json: string | undefined): StorageReference | undefined {
  let found: StorageReference | undefined;
  if (json === undefined) return undefined;
  JSON.parse(json, (_, value: StorageReference | null) => {
    const isBinary =
      value?.$storageContentType === "application/octet-stream" && typeof value.$storageSize === "number";
    // Escaped look-alikes have other keys, and data that look so have no digest of theirs.
    if (isBinary && value.$storageRef.startsWith("outputs/")) found ??= value;
    return value;
  });
  return found;
}
