import type { Contender, Session } from "../contender.js";
import { openByteStore, type ByteStore } from "./byte-store.js";

const MAX_INLINE_SIZE = 1024;
const REFERENCE = "$bubuStorageRef";
const CONTENT_TYPE = "$bubuStorageContentType";

type Container = unknown[] | Record<string, unknown>;

/**
 * Payload offloading as one writes it by the rules that BubuStack publishes: walk the payload, the deepest value first;
 * at each level, serialise what is there now to know its size, and move it into an object of its own when it is over
 * 1 KiB; hydrate by looking for references, and putting in what each points at, one after the other.
 *
 * It goes further than those rules where they refuse a payload: nesting is not limited.
 */
export const contender: Contender = {
  name: "recursive",
  version: "by BubuStack's rules",
  cannot: () => undefined,
  async open(storage): Promise<Session> {
    const store = await openByteStore(storage);
    return {
      dehydrate: (payload) => dehydrate(payload, [], store),
      hydrate: (message) => hydrate(message, store),
      counters: () => store.counters(),
      close: () => {
        store.close();
        return Promise.resolve();
      },
    };
  },
};

async function dehydrate(value: unknown, path: readonly string[], store: ByteStore): Promise<unknown> {
  if (staysAsItIs(value)) return value;
  if (typeof value === "string") return offload("raw", value, path, store);
  const smaller = await dehydrateChildren(value as Container, path, store);
  const json = JSON.stringify(smaller);
  return Buffer.byteLength(json) > MAX_INLINE_SIZE ? offload("json", smaller, path, store, json) : smaller;
}

async function dehydrateChildren(value: Container, path: readonly string[], store: ByteStore): Promise<Container> {
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) {
      items.push(staysAsItIs(item) ? item : await dehydrate(item, [...path, String(index)], store));
    }
    return items;
  }
  const fields: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    fields[key] = staysAsItIs(item) ? item : await dehydrate(item, [...path, key], store);
  }
  return fields;
}

// Most values do: they need no await, nor a path that is made for them.
function staysAsItIs(value: unknown): boolean {
  if (typeof value === "string") return Buffer.byteLength(value) <= MAX_INLINE_SIZE;
  return !isContainer(value);
}

async function offload(
  contentType: "raw" | "json",
  data: unknown,
  path: readonly string[],
  store: ByteStore,
  json = JSON.stringify(data),
): Promise<unknown> {
  const key = `outputs/bench/${path.length === 0 ? "output" : path.join(".")}.json`;
  await store.put(key, Buffer.from(`{"contentType":"${contentType}","data":${json}}`));
  return { [REFERENCE]: key, [CONTENT_TYPE]: contentType === "raw" ? "text/plain" : "application/json" };
}

async function hydrate(value: unknown, store: ByteStore): Promise<unknown> {
  if (!isContainer(value)) return value;
  const { [REFERENCE]: key } = value as Record<string, unknown>;
  if (typeof key === "string") {
    const bytes = await store.get(key);
    const { data } = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as {
      data: unknown;
    };
    return hydrate(data, store);
  }
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(isContainer(item) ? await hydrate(item, store) : item);
    return items;
  }
  const fields: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value))
    fields[name] = isContainer(item) ? await hydrate(item, store) : item;
  return fields;
}

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}
