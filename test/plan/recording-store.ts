import { MemoryStore, type ObjectInfo, type StoreBody, type WriteOptions } from "../../src/index.js";

/** A store that remembers what was written to it, in order. */
export class RecordingStore extends MemoryStore {
  readonly written: string[] = [];

  override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    this.written.push(path);
    return super.write(path, body, options);
  }

  /** Every stored object as text, by path. */
  async objects(): Promise<Map<string, string>> {
    const objects = new Map<string, string>();
    for await (const { path } of this.list("")) {
      const result = await this.read(path);
      objects.set(path, Buffer.from(await result.bytes()).toString());
    }
    return objects;
  }
}

/** The paths that the references in a JSON text point at. */
export function referencedPaths(json: string): string[] {
  return [...json.matchAll(/"\$(?:storage|bubuStorage)Ref":("(?:[^"\\]|\\.)*")/g)].map(
    ([, path]) => JSON.parse(path!) as string,
  );
}
