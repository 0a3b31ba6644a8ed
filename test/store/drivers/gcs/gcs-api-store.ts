import type { StorageOptions } from "@google-cloud/storage";
import { GcsStore, type GcsStoreOptions } from "../../../../src/gcs.js";
import type { GcsApiServer } from "./gcs-api-server.js";

export const UNIT = 256 * 1024;

/** What takes three requests of one unit. */
export const BYTES = Buffer.alloc(2 * UNIT + 1, "0123456789abcdef!");

/** What Google's own endpoint can do. */
export const CAPABILITY = { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true, chunkedUpload: true };

// Pauses take no time; what takes longer than any of them is a deadline.
const clock = {
  now: () => Date.now(),
  setTimeout: (callback: () => void, delay: number) => setTimeout(callback, delay < 20_000 ? 0 : delay),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};

/** A store on the server, whose requests carry one unit and whose retries wait for nothing. */
export function apiStore(
  server: GcsApiServer,
  clientConfig: StorageOptions = {},
  options: Partial<GcsStoreOptions> = {},
): GcsStore {
  return new GcsStore({
    bucket: "bucket",
    clientConfig: { apiEndpoint: server.endpoint, ...clientConfig },
    capability: CAPABILITY,
    chunkSize: UNIT,
    clock,
    ...options,
  });
}

export async function* chunksOf(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size);
}

export async function contentOf(store: GcsStore, path: string): Promise<Buffer> {
  const result = await store.read(path);
  return Buffer.from(await result.bytes());
}
