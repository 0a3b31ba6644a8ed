import { declareOwnStore } from "../../guard/own-stores.js";
import type { Store } from "../../store.js";
import { CallLayer } from "../../layers/call-layer.js";

/** One client for all the stores of a factory. It is made for the first store, and closed with the last. */
export class SharedClient<Client> {
  #client: { readonly value: Client } | undefined;
  #stores = 0;

  constructor(
    private readonly open: () => Client,
    private readonly close: (client: Client) => void | Promise<void>,
  ) {}

  /** Returns the store that `make` puts on the client. The `close()` of the store gives the client back. */
  store(make: (client: Client) => Store): Store {
    const client = (this.#client ??= { value: this.open() });
    this.#stores++;
    try {
      return new SharingStore(make(client.value), () => this.#release());
    } catch (error) {
      // Why there is no store says more than that the client can't be closed.
      this.#release().catch(() => undefined);
      throw error;
    }
  }

  async #release(): Promise<void> {
    if (--this.#stores > 0 || this.#client === undefined) return;
    const { value } = this.#client;
    this.#client = undefined;
    await this.close(value);
  }
}

class SharingStore extends CallLayer {
  #closing: Promise<void> | undefined;

  constructor(
    inner: Store,
    private readonly release: () => Promise<void>,
  ) {
    super(inner);
  }

  override close(): Promise<void> {
    return (this.#closing ??= super.close().finally(this.release));
  }

  static {
    declareOwnStore(this);
  }
}
