import type { StorageEvent } from "../../../../src/observe/event.js";
import { ReplicatedStore } from "../../../../src/store/compose/replicated/replicated-store.js";
import type { ReplicatedStoreOptions } from "../../../../src/store/compose/replicated/options.js";
import { textOf } from "../../drivers/file/file-roots.js";
import { threeCopies, type CopyStore } from "../copy-store.js";

/** A ReplicatedStore over three copies, what it tells, and what the copies hold of the object `x`. */
export function replicated(options: Partial<ReplicatedStoreOptions> = {}) {
  const copies = threeCopies();
  const events: StorageEvent[] = [];
  const store = new ReplicatedStore({ stores: copies, observer: (event) => void events.push(event), ...options });
  const held = () => Promise.all(Object.values(copies).map((copy) => textOf(copy.disk, "x").catch(() => undefined)));
  return { ...copies, copies, store, events, held };
}

/** Holds the calls of one operation of a copy until it is let go. */
export function hold(copy: CopyStore, operation = "write"): () => void {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  copy.before = (called) => (called === operation ? held : undefined);
  return letGo;
}
