import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import type { VerifyProblem } from "../../src/maintain/verify/report.js";
import { longText } from "./payloads.js";

/** Problems as a test compares them. */
export function briefly(problems: readonly VerifyProblem[]) {
  return problems.map(({ kind, path, at, foundIn, error }) => {
    const brief = { kind, path, at, foundIn, code: error?.code };
    return Object.fromEntries(Object.entries(brief).filter(([, value]) => value !== undefined));
  });
}

/** Texts, containers, binary, of which some leave and some stay. */
export const PAYLOAD = {
  text: longText("text"),
  list: Array.from({ length: 30 }, (_, i) => ({ id: i, note: longText(`note ${i}`) })),
  image: Buffer.from(longText("image", 5000)),
  nested: { deep: { a: longText("a", 900), b: longText("b", 900), bytes: Buffer.from("bytes") } },
};

const KEY = Buffer.alloc(32, 7);

export function encryption(keyId = "k1", key: Uint8Array = KEY, more: object = {}) {
  return aes256gcm({ keys: { [keyId]: key }, activeKeyId: keyId, ...more });
}
