// What a vendor's client library would be: objects on a shelf, with failures of its own kind.
export class ShelfFault extends Error {
  constructor(readonly reason: "missing" | "closed" | "locked") {
    super(`The shelf says ${reason}.`);
  }
}

export class ShelfClient {
  readonly #objects = new Map<string, { readonly bytes: Uint8Array; readonly at: number }>();
  #isOpen = true;

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#turn();
    this.#objects.set(key, { bytes: Uint8Array.from(bytes), at: Date.now() });
  }

  async get(key: string): Promise<{ bytes: Uint8Array; at: number }> {
    await this.#turn();
    const object = this.#objects.get(key);
    if (object === undefined) throw new ShelfFault("missing");
    return { bytes: Uint8Array.from(object.bytes), at: object.at };
  }

  async remove(key: string): Promise<void> {
    await this.#turn();
    this.#objects.delete(key);
  }

  async keys(): Promise<string[]> {
    await this.#turn();
    return [...this.#objects.keys()];
  }

  lock(): void {
    this.#isOpen = false;
  }

  unlock(): void {
    this.#isOpen = true;
  }

  async #turn(): Promise<void> {
    await Promise.resolve();
    if (!this.#isOpen) throw new ShelfFault("locked");
  }
}
