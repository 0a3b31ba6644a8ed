import { StorageManager } from "../../src/manager/storage-manager.js";
import type { SigningOptions, StorageManagerOptions } from "../../src/configure/options.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { failureOf } from "./failure.js";
import { longText } from "./payloads.js";
import { RecordingStore } from "./recording-store.js";

/** A key whose bytes no other text holds by chance. */
export function signingKey(seed: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => (seed * 37 + index * 101 + 11) % 256);
}

/** Options of a manager that signs with the key `k1`. */
export function signingOptions(options: Partial<SigningOptions> = {}): SigningOptions {
  return { keys: { k1: signingKey(1) }, activeKeyId: "k1", ...options };
}

/** A manager that signs, and a way to others on the same store whose options differ. */
export function signingManager(options: Partial<SigningOptions> = {}, others: Partial<StorageManagerOptions> = {}) {
  const store = new RecordingStore();
  const manager = new StorageManager({ store, signing: signingOptions(options), ...others });
  const other = (different: Partial<SigningOptions>) =>
    new StorageManager({ store, signing: signingOptions({ ...options, ...different }), ...others });
  return { store, manager, other };
}

/** A reference that a manager wrote to a long text. */
export async function referenceBy(manager: StorageManager, label = "a", audience?: string): Promise<StorageReference> {
  return (await manager.dehydrate(longText(label), { scope: "s", audience })) as StorageReference;
}

/** Fails unless a call rejects with `SIGNATURE_INVALID`, and a message that says this. */
export async function expectRefused(call: Promise<unknown>, message = ""): Promise<void> {
  const error = await failureOf(call);
  expect(error.code).toBe("SIGNATURE_INVALID");
  expect(error.message).toContain(message);
}

/** All references in a value, wherever they stand. */
export function referencesIn(value: unknown): StorageReference[] {
  if (typeof value !== "object" || value === null) return [];
  if ("$storageRef" in value) return [value as StorageReference];
  return Object.values(value).flatMap(referencesIn);
}

/** The same reference, unsigned. */
export function withoutSignature(reference: StorageReference): StorageReference {
  const { ...copy } = reference;
  delete copy.$storageSignature;
  return copy;
}
