// The input that a worker runs, where its parent sees it even when the worker hangs or is out of memory.

/** The longest input: more than a grown one has. */
const CAPACITY = 4 * 1024 * 1024;
const HEADER = 8; // number of inputs so far, length of this one

export class SharedInput {
  readonly memory: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory = new SharedArrayBuffer(HEADER + CAPACITY)) {
    this.memory = memory;
    this.#header = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, HEADER);
  }

  set(bytes: Uint8Array): void {
    this.#bytes.set(bytes.subarray(0, CAPACITY));
    Atomics.store(this.#header, 1, Math.min(bytes.byteLength, CAPACITY));
    Atomics.add(this.#header, 0, 1);
  }

  /** How many inputs were set. */
  get count(): number {
    return Atomics.load(this.#header, 0);
  }

  get(): Uint8Array {
    return this.#bytes.slice(0, Atomics.load(this.#header, 1));
  }
}
