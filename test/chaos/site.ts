import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { StorageErrorCode } from "../../src/errors/error.js";
import type { Store } from "../../src/store/store.js";

/** What kind of store a case stands over. */
export type SiteKind = "memory" | "file" | "s3";

/** The place where the stores of one case keep their objects, and what goes wrong below them. */
export interface Site {
  readonly kind: SiteKind;
  /** Whether it takes real time, so that the time of the case can't be told to go on. */
  readonly inRealTime: boolean;
  /** One more store. */
  newStore(): Store;
  /** What lies in the n-th store, as it is, whatever goes wrong. */
  truth(index: number): Store;
  /** Codes that what goes wrong here explains. */
  readonly codes: readonly StorageErrorCode[];
  /** Whether removing something may have failed here. */
  readonly removalsFail: boolean;
  /** What goes wrong here, for people. */
  describe(): string;
  /** Lets nothing go wrong any more. */
  calm(): Promise<void>;
  /** Takes note that something is durable now, by what the stores have said. */
  onTicket?(ticket: object): void;
  /**
   * Looks at all that only this kind of site can show.
   *
   * @param check hydrates what must be there by now, with other stores in the place of the own ones
   */
  finish?(check: (stores: readonly Store[], isDue: (ticket: object) => boolean) => Promise<void>): Promise<void>;
  /** Removes everything. */
  remove(): Promise<void>;
}

/** Stores in memory: quick, and without any time of their own. */
export class MemorySite implements Site {
  readonly kind = "memory";
  readonly inRealTime = false;
  readonly codes = [];
  readonly removalsFail = false;
  readonly #stores: Store[] = [];

  newStore(): Store {
    const store = new MemoryStore();
    this.#stores.push(store);
    return store;
  }

  truth(index: number): Store {
    return this.#stores[index]!;
  }

  describe(): string {
    return "nothing";
  }

  async calm(): Promise<void> {
    return Promise.resolve();
  }

  async remove(): Promise<void> {
    return Promise.resolve();
  }
}
