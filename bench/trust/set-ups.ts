import { randomBytes } from "node:crypto";
import type { Codec, StorageManagerOptions } from "coatcheck";
import { builtCore } from "../built.js";

/** What is on, beside the defaults. */
export interface SetUp {
  readonly name: string;
  readonly options: Pick<StorageManagerOptions, "codecs" | "signing">;
}

/** The set-ups to compare, the first with nothing on. */
export async function setUps(): Promise<readonly SetUp[]> {
  const { aes256gcm, brotli, gzip, isStorageError, zstd } = await builtCore();
  const encryption = aes256gcm({ keys: { bench: randomBytes(32) }, activeKeyId: "bench" });
  const signing = { keys: { bench: randomBytes(32) }, activeKeyId: "bench" };
  const compressions: Codec[] = [gzip(), gzip({ level: 1 }), brotli()];
  try {
    compressions.push(zstd());
  } catch (error) {
    if (!isStorageError(error, "UNSUPPORTED")) throw error;
  }
  const names = ["gzip", "gzip, level 1", "brotli", "zstd"];
  return [
    { name: "off", options: {} },
    { name: "signing", options: { signing } },
    ...compressions.map((codec, index) => ({ name: names[index]!, options: { codecs: [codec] } })),
    { name: "aes256gcm", options: { codecs: [encryption] } },
    { name: "gzip, aes256gcm, signing", options: { codecs: [gzip(), encryption], signing } },
  ];
}
