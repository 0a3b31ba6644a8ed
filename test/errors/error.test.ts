import type * as errors from "../../src/errors/error.js";
import { isNotFound, isStorageError, STORAGE_ERROR_CODES, StorageError } from "../../src/errors/error.js";

describe("StorageError", () => {
  it("says what, where and why", () => {
    const cause = new Error("ENOENT");
    const error = new StorageError("NOT_FOUND", "Gone.", { operation: "read", store: "file", path: "a/b", cause });
    expect(error).toBeInstanceOf(Error);
    const message = 'Gone. [NOT_FOUND, read, store "file", path "a/b"]';
    expect(error).toMatchObject({ name: "StorageError", message, code: "NOT_FOUND", retryable: false });
    expect(error).toMatchObject({ operation: "read", store: "file", path: "a/b", cause });
    expect(String(error)).toBe(`StorageError: ${message}`);
  });

  it.each([
    ["CONTAINER_NOT_FOUND", "Make it, or correct its name."],
    ["ALREADY_EXISTS", "Take what is there, or write to another path."],
    ["PRECONDITION_FAILED", "Read it again, and decide anew."],
    ["PERMISSION_DENIED", "Give this process the right to it."],
    ["INSUFFICIENT_STORAGE", "Make room, and call again."],
    ["UNSUPPORTED", "Ask the capability of the store first, or use another store."],
    ["INTEGRITY", "Call again. If that fails too, restore the object, or dehydrate the payload again."],
    ["THROTTLED", "Call again later."],
    ["UNAVAILABLE", "Call again. If that fails too, see whether the service runs and can be reached."],
    ["TIMEOUT", "Call again, raise the time limit, or see why the store is slow."],
  ] as const)("says what to do about %s of a store", (code, advice) => {
    const where = { operation: "read", store: "own", path: "a/b" };
    const facts = `[${code}, read, store "own", path "a/b"]`;
    expect(new StorageError(code, "It failed.", where).message).toBe(`It failed. ${advice} ${facts}`);
    // The place is no advice.
    const placed = 'It failed. It is about the bucket "b".';
    expect(new StorageError(code, placed, where).message).toBe(`${placed} ${advice} ${facts}`);
    for (const own of ["It failed: mend the store.", "It failed. Mend the store."]) {
      expect(new StorageError(code, own, where).message).toBe(`${own} ${facts}`);
    }
    expect(new StorageError(code, "It failed.").message).toBe("It failed.");
  });

  it("has no fields that nobody gave", () => {
    expect(Object.keys(new StorageError("UNEXPECTED", "Oh."))).toEqual(["code", "retryable"]);
  });

  it("is retryable where the same call may succeed later", () => {
    const retryable = STORAGE_ERROR_CODES.filter((code) => new StorageError(code, "").retryable);
    expect(retryable).toEqual(["THROTTLED", "UNAVAILABLE", "TIMEOUT"]);
    expect(new StorageError("THROTTLED", "", { retryable: false }).retryable).toBe(false);
    expect(new StorageError("UNEXPECTED", "", { retryable: true }).retryable).toBe(true);
  });
});

describe("isStorageError", () => {
  const error = new StorageError("NOT_FOUND", "Gone.");

  it("knows the error, and its code", () => {
    expect(isStorageError(error)).toBe(true);
    expect(isStorageError(error, "NOT_FOUND")).toBe(true);
    expect(isStorageError(error, "ABORTED")).toBe(false);
  });

  it("knows the error of the other module format", () => {
    jest.isolateModules(() => {
      const other = jest.requireActual<typeof errors>("../../src/errors/error.js");
      expect(other.StorageError).not.toBe(StorageError);
      expect(isStorageError(new other.StorageError("TIMEOUT", "Late."), "TIMEOUT")).toBe(true);
    });
  });

  it.each([undefined, null, "NOT_FOUND", new Error("NOT_FOUND"), { code: "NOT_FOUND" }, () => error])(
    "knows nothing else: %p",
    (other) => {
      expect(isStorageError(other)).toBe(false);
      expect(isNotFound(other)).toBe(false);
    },
  );

  it("tells a missing object from a missing container", () => {
    expect(isNotFound(error)).toBe(true);
    expect(isNotFound(new StorageError("CONTAINER_NOT_FOUND", "No bucket."))).toBe(false);
  });
});
