import { webcrypto, type webcrypto as WebCrypto } from "node:crypto";

/*
 * AES256-GCM-HKDF-1MB once more, from Tink's definition alone and with Web Crypto, so that two programs agree on it:
 * https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming
 */

const SEGMENT = 1024 * 1024;
const HEADER = 40;
const { subtle } = webcrypto;

async function messageKey(key: Uint8Array, salt: Uint8Array, associatedData: Uint8Array): Promise<WebCrypto.CryptoKey> {
  const ikm = await subtle.importKey("raw", key, "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt, info: associatedData };
  return subtle.deriveKey(hkdf, ikm, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function nonce(prefix: Uint8Array, index: number, isLast: boolean): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(prefix);
  new DataView(bytes.buffer).setUint32(7, index);
  bytes[11] = Number(isLast);
  return bytes;
}

function segments(bytes: Uint8Array, first: number, others: number): Uint8Array[] {
  const parts = [bytes.subarray(0, first)];
  for (let start = first; start < bytes.byteLength; start += others) parts.push(bytes.subarray(start, start + others));
  return parts;
}

/** @param random salt (32) and nonce prefix (7) */
export async function tinkEncrypt(
  key: Uint8Array,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
  random: Uint8Array,
): Promise<Buffer> {
  const aes = await messageKey(key, random.subarray(0, 32), associatedData);
  const parts = segments(plaintext, SEGMENT - HEADER - 16, SEGMENT - 16);
  const sealed = await Promise.all(
    parts.map((part, i) => {
      const iv = nonce(random.subarray(32), i, i === parts.length - 1);
      return subtle.encrypt({ name: "AES-GCM", iv, tagLength: 128 }, aes, part);
    }),
  );
  return Buffer.concat([Uint8Array.of(HEADER), random, ...sealed.map((part) => new Uint8Array(part))]);
}

export async function tinkDecrypt(key: Uint8Array, associatedData: Uint8Array, message: Uint8Array): Promise<Buffer> {
  const aes = await messageKey(key, message.subarray(1, 33), associatedData);
  const parts = segments(message.subarray(HEADER), SEGMENT - HEADER, SEGMENT);
  const opened = await Promise.all(
    parts.map((part, i) => {
      const iv = nonce(message.subarray(33, HEADER), i, i === parts.length - 1);
      return subtle.decrypt({ name: "AES-GCM", iv, tagLength: 128 }, aes, part);
    }),
  );
  return Buffer.concat(opened.map((part) => new Uint8Array(part)));
}
