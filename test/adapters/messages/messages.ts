import { MemoryStore, StorageManager, type StorageManagerOptions, type Store } from "../../../src/index.js";
import {
  MessageOffloader,
  rules,
  type AttributeValue,
  type MessageOffloaderOptions,
  type Wire,
} from "../../../src/adapters/messages.js";

/** A message of the tests. */
export function message(body: string | Uint8Array, attributes: Record<string, AttributeValue> = {}): Wire {
  return { body, attributes: new Map(Object.entries(attributes)) };
}

/** JSON that is larger than any limit of the tests, and does not compress. */
export function bigJson(bytes: number, seed = "x"): string {
  let text = "";
  for (let i = 0; text.length < bytes; i++)
    text += Buffer.from(`${seed}-${i}-${(i * 2_654_435_761) % 4_294_967_291}`).toString("base64");
  return JSON.stringify({ type: "order", text: text.slice(0, bytes) });
}

/** An offloader over a store in memory, of messages that are settled. */
export function offloading(
  options: Partial<MessageOffloaderOptions> = {},
  managerOptions: StorageManagerOptions = {},
): { store: Store; manager: StorageManager; offloader: MessageOffloader } {
  const store = managerOptions.store ?? new MemoryStore();
  const manager = new StorageManager({ store, ...managerOptions });
  const offloader = new MessageOffloader({
    manager,
    channel: "orders",
    rules: rules.sqs,
    retention: "settle",
    ...options,
  });
  return { store, manager, offloader };
}

/** Paths of all objects. */
export async function pathsIn(store: Store): Promise<string[]> {
  const paths = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}
