import type { ListOptions, Store } from "../../src/store/store.js";

/** The content of an object, as text. */
export async function bodyText(store: Store, path: string): Promise<string> {
  return Buffer.from(await (await store.read(path)).bytes()).toString();
}

/** All paths of a store, as it lists them. */
export async function pathsOf(store: Store, options?: ListOptions): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("", options)) paths.push(path);
  return paths;
}

/** A streamed body. */
export async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}
