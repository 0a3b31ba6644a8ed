import type { StorageEvent } from "../../../../src/observe/event.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import type { TieredStoreOptions } from "../../../../src/store/layers/tiered/options.js";
import { FakeClock } from "../../../../src/testing/index.js";
import type { ReadOptions, Store } from "../../../../src/store/store.js";
import { RecordingStore } from "../../../support/recording-store.js";

/** The text of an object. */
export async function textOf(store: Store, path: string, options?: ReadOptions): Promise<string> {
  return Buffer.from(await (await store.read(path, options)).bytes()).toString();
}

/** A tiered store whose remote writes down what it is asked, and whose time stands still. */
export function tiered(options: Partial<TieredStoreOptions> = {}, inner?: Store) {
  const remote = new RecordingStore(inner);
  const clock = new FakeClock(1_000_000);
  const events: StorageEvent[] = [];
  const store = new TieredStore({ remote, clock, observer: (event) => events.push(event), ...options });
  /** What was asked since the last time, bodies left out. */
  const asked = (): string[] =>
    remote.calls
      .splice(0)
      .filter(({ operation }) => operation !== "chunk" && operation !== "cancel")
      .map(({ operation, path }) => `${operation} ${path}`);
  /** What was told since the last time. */
  const told = (): string[] => events.splice(0).map(({ operation }) => operation);
  return { store, remote, clock, events, asked, told };
}
