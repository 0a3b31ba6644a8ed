import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { someBytes } from "../support/stream-sources.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";

/** What a source is told to fail with: it must be the cause of what the caller hears. */
export class SourceFailure extends Error {}

/** How the bytes are handed in. */
const STREAM_SHAPES = ["readable", "web", "blob", "generator", "iterable"] as const;
const SHAPES = ["bytes", "buffer", ...STREAM_SHAPES] as const;
type Shape = (typeof SHAPES)[number];

/** Says when a slow source goes on. */
export type Pause = () => Promise<void>;

/** Bytes in a payload, and how they are handed in. Each dehydration gets a source of its own. */
export class BinaryLeaf {
  readonly shape: Shape;
  readonly bytes: Buffer;
  /** After so many bytes the source fails, hangs, or takes its time. */
  private readonly trouble: { kind: "fail" | "hang" | "slow"; at: number } | undefined;
  private readonly chunkSize: number;

  constructor(choice: RandomChoice, size: number, label: string, isStream = false) {
    this.bytes = someBytes(size, label);
    this.shape = choice.of(isStream ? STREAM_SHAPES : SHAPES);
    this.chunkSize = size > 100_000 ? 65_536 : 1 + choice.below(Math.max(1, size));
    const kind = choice.chance(0.1) ? choice.of(["fail", "hang", "slow", "slow"] as const) : undefined;
    if (kind !== undefined && !["bytes", "buffer", "blob"].includes(this.shape))
      this.trouble = { kind, at: choice.below(size + 1) };
  }

  get fails(): boolean {
    return this.trouble?.kind === "fail";
  }

  /** Whether it never ends. */
  get hangs(): boolean {
    return this.trouble?.kind === "hang";
  }

  get isStream(): boolean {
    return !["bytes", "buffer"].includes(this.shape);
  }

  describe(): string {
    return `${this.shape} ${this.bytes.byteLength}${this.trouble === undefined ? "" : ` ${this.trouble.kind}`}`;
  }

  open(pause: Pause, watch: SourceWatch): unknown {
    const { shape, bytes } = this;
    if (shape === "bytes") return new Uint8Array(bytes);
    if (shape === "buffer") return Buffer.from(bytes);
    if (shape === "blob") return new Blob([bytes]);
    const state = watch.add(shape);
    const chunks = this.chunks(pause, state);
    if (shape === "generator") return chunks;
    if (shape === "iterable") return { [Symbol.asyncIterator]: () => chunks };
    const source = shape === "readable" ? Readable.from(chunks, { objectMode: false }) : ReadableStream.from(chunks);
    if (source instanceof Readable) source.on("error", () => undefined);
    return source;
  }

  private chunks(pause: Pause, state: SourceState): AsyncIterableIterator<Uint8Array, void> {
    const { bytes, chunkSize, trouble } = this;
    let end: () => void = () => undefined;
    const given = new Promise<void>((resolve) => (end = resolve));
    async function* run(): AsyncGenerator<Uint8Array, void, undefined> {
      let troubled = trouble === undefined;
      for (let start = 0; start < bytes.byteLength || !troubled; start += chunkSize) {
        if (!troubled && start + chunkSize > trouble!.at) {
          troubled = true;
          if (trouble!.kind === "fail") throw new SourceFailure("The source of the test fails.");
          if (trouble!.kind === "hang") await given;
          else await Promise.race([pause(), given]);
        }
        if (start < bytes.byteLength) yield new Uint8Array(bytes.subarray(start, start + chunkSize));
      }
    }
    const inner = run();
    const over = <T>(result: T): T => {
      state.over = true;
      return result;
    };
    // Not the generator alone, whose return() waits for what its next() waits for.
    return {
      async next() {
        state.begun = true;
        try {
          const next = await inner.next();
          return next.done === true ? over(next) : next;
        } catch (error) {
          throw over(error);
        }
      },
      async return() {
        over(undefined);
        end();
        await inner.return();
        return { done: true as const, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

interface SourceState {
  readonly shape: Shape;
  begun: boolean;
  over: boolean;
}

/** The sources of one dehydration, and what became of them. */
export class SourceWatch {
  private readonly sources: SourceState[] = [];

  add(shape: Shape): SourceState {
    const state = { shape, begun: false, over: false };
    this.sources.push(state);
    return state;
  }

  /** Those that are still open although one of them was begun: a call that has ended leaves none. */
  get left(): string[] {
    // A call that ended before it read anything has taken over nothing; a generator that was not begun has nothing to close.
    if (!this.sources.some(({ begun }) => begun)) return [];
    return this.sources.filter(({ begun, over }) => begun && !over).map(({ shape }) => shape);
  }
}
