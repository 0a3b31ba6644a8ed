import { getEventListeners } from "node:events";
import { abortable, abortedError, throwIfAborted } from "../../src/async/abort.js";
import { StorageError } from "../../src/errors/error.js";
import { storageError } from "../store/storage-error.js";

const DETAILS = { operation: "read", store: "memory", path: "a" };
const never = new Promise<never>(() => undefined);

describe("throwIfAborted", () => {
  it("lets a signal pass that has not fired", () => {
    expect(() => throwIfAborted(undefined)).not.toThrow();
    expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
  });

  it("keeps the reason as the cause", () => {
    expect(() => throwIfAborted(AbortSignal.abort("given up"), DETAILS)).toThrow(
      storageError({ code: "ABORTED", cause: "given up", ...DETAILS }),
    );
  });
});

describe("abortedError", () => {
  it("is the reason itself where that is typed: a deadline of the call", () => {
    const deadline = new StorageError("TIMEOUT", "Too late.");
    expect(abortedError(AbortSignal.abort(deadline))).toBe(deadline);
  });
});

describe("abortable", () => {
  it("settles as the promise does", async () => {
    const { signal } = new AbortController();
    await expect(abortable(Promise.resolve(1), undefined)).resolves.toBe(1);
    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(abortable(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  });

  it("rejects when the signal fires, and when it had fired", async () => {
    const controller = new AbortController();
    const call = abortable(never, controller.signal, DETAILS);
    controller.abort("given up");
    const aborted = { code: "ABORTED", cause: "given up", ...DETAILS };
    await expect(call).rejects.toMatchObject(aborted);
    await expect(abortable(never, controller.signal, DETAILS)).rejects.toMatchObject(aborted);
    await expect(abortable(Promise.resolve(1), controller.signal)).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("leaves no listener behind", async () => {
    const { signal } = new AbortController();
    await abortable(Promise.resolve(1), signal);
    await abortable(Promise.reject(new Error("no")), signal).catch(() => undefined);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("discards what comes too late, and hears no late rejection", async () => {
    const discarded: unknown[] = [];
    const controller = new AbortController();
    let finish: (value: string) => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<string>((resolve) => (finish = resolve));
    const lateFailure = new Promise<string>((_, reject) => (fail = reject));
    const calls = [late, lateFailure].map((promise) =>
      abortable(promise, controller.signal, undefined, (value) => discarded.push(value)),
    );
    controller.abort();
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "ABORTED" });
    finish("a handle");
    fail(new Error("late"));
    await new Promise(setImmediate);
    expect(discarded).toEqual(["a handle"]);
  });

  it("discards what had come already when the signal had fired already", async () => {
    const discard = jest.fn(() => Promise.reject(new Error("can't discard it")));
    const call = abortable(Promise.resolve("a handle"), AbortSignal.abort(), undefined, discard);
    await expect(call).rejects.toMatchObject({ code: "ABORTED" });
    expect(discard).toHaveBeenCalledWith("a handle");
  });

  it("discards nothing that is on time", async () => {
    const discard = jest.fn();
    await abortable(Promise.resolve(1), new AbortController().signal, undefined, discard);
    expect(discard).not.toHaveBeenCalled();
  });
});
