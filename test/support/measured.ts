import { gzip } from "../../src/codecs/gzip.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { VerifyReport } from "../../src/maintain/verify/report.js";
import { putPack } from "./packed.js";

/** The gzip member that bytes begin with. */
export async function firstMember(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): Error => new Error("It is too large.");
  const { signal } = new AbortController();
  return bytes.subarray(0, await gzip().measure!(bytes, { maxBytes, tooLarge, signal }));
}

/** What a verification says of a pack of these bytes. */
export async function verifyPack(bytes: Uint8Array, maxBytes: number): Promise<VerifyReport> {
  const store = new MemoryStore();
  await putPack(store, [bytes]);
  return new StorageManager({ store, codecs: [gzip()], maxBytes }).verifyPrefix("");
}
