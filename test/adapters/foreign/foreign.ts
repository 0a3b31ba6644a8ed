import {
  MemoryStore,
  RoutingStore,
  StorageManager,
  type StorageManagerOptions,
  type Store,
} from "../../../src/index.js";
import { MessageOffloader, rules, type MessageOffloaderOptions } from "../../../src/adapters/messages.js";

/** A store that says what it was asked for. */
export function watchedStore(): { store: Store; requests: string[]; inner: MemoryStore } {
  const inner = new MemoryStore();
  const requests: string[] = [];
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        if (["read", "write", "delete", "stat", "list", "copy"].includes(String(name))) {
          requests.push(`${String(name)} ${String(args[0])}`);
        }
        return (member as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { store, requests, inner };
}

/** A manager over a bucket of its own, `ours`, and others by `s3://`. */
export function bucketsOf(buckets: Record<string, Store>, options: StorageManagerOptions = {}): StorageManager {
  const { ours = new MemoryStore(), ...others } = buckets;
  const scheme = ({ container }: { container: string }): Store => {
    const store = others[container];
    if (store === undefined) throw new Error(`no bucket ${container}`);
    return store;
  };
  return new StorageManager({ store: new RoutingStore({ primary: ours, schemes: { s3: scheme } }), ...options });
}

/** An offloader of SQS that keeps what it stores. */
export function offloaderOf(manager: StorageManager, options: Partial<MessageOffloaderOptions> = {}): MessageOffloader {
  return new MessageOffloader({ manager, channel: "orders", rules: rules.sqs, ttl: "never", ...options });
}

/** The objects of a store: path and text. */
export async function objectsIn(store: Store): Promise<Record<string, string>> {
  const objects: Record<string, string> = {};
  for await (const { path } of store.list("")) {
    objects[path] = Buffer.from(await (await store.read(path)).bytes()).toString();
  }
  return objects;
}
