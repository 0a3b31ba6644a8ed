import { getEventListeners } from "node:events";
import { Deadline, withDeadline } from "../../src/call/deadline.js";
import { storageError } from "../store/storage-error.js";

describe("a deadline", () => {
  it("hears an abort from before its signal was asked for", () => {
    const stop = new AbortController();
    const deadline = new Deadline("hydrate", 60_000, stop.signal);
    const reason = new Error("enough");
    stop.abort(reason);
    expect(deadline.signal.reason).toEqual(storageError({ code: "ABORTED", operation: "hydrate", cause: reason }));
    deadline.end();
  });

  it("has one signal, and leaves nothing on that of the caller", () => {
    const { signal } = new AbortController();
    const deadline = new Deadline("hydrate", 60_000, signal);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(deadline.signal).toBe(deadline.signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    deadline.end();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("runs nothing for who has given up already", async () => {
    const run = jest.fn();
    const call = withDeadline("open", { timeout: 60_000, signal: AbortSignal.abort("no") }, run);
    await expect(call).rejects.toThrow(storageError({ code: "ABORTED", operation: "open", cause: "no" }));
    expect(run).not.toHaveBeenCalled();
  });
});
