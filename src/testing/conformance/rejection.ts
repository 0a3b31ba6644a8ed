import assert from "node:assert/strict";
import { isStorageError, type StorageError, type StorageErrorCode } from "../../errors/error.js";
import type { Store } from "../../store/store.js";

/** The call that an error must name. */
export interface RefusedCall {
  operation: string;
  /** The path; for a copy, the two paths of which the error must name one. Default: any. */
  path?: string | readonly string[];
}

/** Codes of calls that fail again however often they are repeated. A layer that retries must not repeat them. */
const FINAL: readonly StorageErrorCode[] = [
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "INVALID_PATH",
  "UNSUPPORTED",
  "CONFIG_INVALID",
  "ABORTED",
];

/** Asserts that a call rejects, with a complete {@link StorageError} of this code. */
export async function assertRejects(
  call: () => Promise<unknown>,
  code: StorageErrorCode,
  expected: RefusedCall,
): Promise<StorageError> {
  const error = await rejection(call);
  assert.ok(isStorageError(error), `not a StorageError: ${describe(error)}`);
  assert.equal(error.code, code, `the code is ${error.code} where ${code} is due: ${error.message}`);
  assert.equal(error.name, "StorageError");
  assert.ok(!FINAL.includes(code) || !error.retryable, `${code} is retryable, so that each such call is repeated`);
  assert.ok(error instanceof Error && error.message !== "", "the error has no message");
  assert.equal(error.operation, expected.operation, "the error names another operation");
  assert.ok(typeof error.store === "string" && error.store !== "", "the error does not name the store");
  if (expected.path !== undefined) {
    assert.ok([expected.path].flat().includes(error.path ?? ""), "the error does not name the path");
  }
  return error;
}

/** Iterates a listing to its end, to get its error. */
export async function drain(listing: ReturnType<Store["list"]>): Promise<void> {
  const iterator = listing[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

async function rejection(call: () => Promise<unknown>): Promise<unknown> {
  let pending: Promise<unknown>;
  try {
    pending = call();
  } catch (error) {
    assert.fail(`the call must reject, not throw: ${describe(error)}`);
  }
  try {
    await pending;
  } catch (error) {
    return error;
  }
  assert.fail("the call must reject, but it succeeded");
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
