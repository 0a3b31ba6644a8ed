import { types } from "node:util";

/** Compares bytes at once. Jest compares each as a field of an object, and still does where it has to tell a difference. */
function areEqualBytes(a: unknown, b: unknown): true | undefined {
  if (!types.isUint8Array(a) || !types.isUint8Array(b) || a.constructor !== b.constructor) return undefined;
  return Buffer.compare(a, b) === 0 || undefined;
}

// The types of Jest leave it out.
const { addEqualityTesters } = expect as unknown as { addEqualityTesters(testers: unknown[]): void };
addEqualityTesters([areEqualBytes]);
