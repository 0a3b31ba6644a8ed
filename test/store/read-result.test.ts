import { bytesResult, streamResult } from "../../src/store/read-result.js";
import { storageError } from "./storage-error.js";

const INFO = { path: "a/b", size: 6 };

function watched(chunks: string[]) {
  const state = { closed: 0, pulled: 0 };
  async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (const chunk of chunks) {
        await Promise.resolve();
        state.pulled++;
        yield Buffer.from(chunk);
      }
    } finally {
      state.closed++;
    }
  }
  return { state, chunks: source() };
}

describe("bytesResult", () => {
  it("gives the bytes", async () => {
    const bytes = Buffer.from("abcdef");
    expect(await bytesResult(INFO, bytes).bytes()).toEqual(bytes);
    expect(bytesResult(INFO, bytes).info).toBe(INFO);
    expect(await bytesResult(INFO, new Uint8Array()).bytes()).toHaveLength(0);
  });

  it("iterates no chunk of no bytes", async () => {
    const chunks = [];
    for await (const chunk of bytesResult(INFO, new Uint8Array())) chunks.push(chunk);
    expect(chunks).toEqual([]);
  });
});

describe("streamResult", () => {
  it("reads all chunks", async () => {
    const { chunks, state } = watched(["abc", "def"]);
    expect(Buffer.from(await streamResult(INFO, chunks).bytes()).toString()).toBe("abcdef");
    expect(state).toEqual({ closed: 1, pulled: 2 });
  });

  it("closes the chunks when the reader stops early", async () => {
    const { chunks, state } = watched(["abc", "def"]);
    for await (const chunk of streamResult(INFO, chunks)) {
      expect(chunk).toHaveLength(3);
      break;
    }
    expect(state).toEqual({ closed: 1, pulled: 1 });
  });

  it.each([undefined, new AbortController().signal])(
    "is released when it is taken, and given up unread",
    async (signal) => {
      const { chunks, state } = watched(["abc"]);
      let released = 0;
      const result = streamResult(
        INFO,
        chunks,
        () => {
          released++;
        },
        { signal },
      );
      const iterator = result[Symbol.asyncIterator]();
      await result.cancel();
      await iterator.return?.();
      expect({ released, ...state }).toEqual({ released: 1, closed: 0, pulled: 0 });
    },
  );

  it("is not released once more when it was read", async () => {
    const { chunks, state } = watched(["abc"]);
    let released = 0;
    const result = streamResult(INFO, chunks, () => {
      released++;
    });
    await result.bytes();
    await result.cancel();
    expect({ released, ...state }).toEqual({ released: 0, closed: 1, pulled: 1 });
  });

  it("never gives a part for the whole when it is cancelled while it is read", async () => {
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    async function* slow(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from("abc");
      await held;
      yield Buffer.from("def");
    }
    const result = streamResult(INFO, slow(), undefined, { store: "file" });
    const bytes = result.bytes();
    await Promise.resolve();
    const cancelled = result.cancel();
    goOn();
    await expect(bytes).rejects.toMatchObject({ code: "UNEXPECTED", operation: "read", path: "a/b" });
    await cancelled;
  });

  it("is taken once", async () => {
    const result = streamResult(INFO, watched(["abc"]).chunks, undefined, { store: "file" });
    await result.bytes();
    const spent = { code: "UNEXPECTED", operation: "read", store: "file", path: "a/b" } as const;
    await expect(result.bytes()).rejects.toMatchObject(spent);
    expect(() => result[Symbol.asyncIterator]()).toThrow(storageError(spent));
  });

  it("releases a body that was never begun, once", async () => {
    const release = jest.fn();
    const result = streamResult(INFO, watched(["abc"]).chunks, release);
    await result.cancel();
    await result.cancel();
    expect(release).toHaveBeenCalledTimes(1);
    await expect(result.bytes()).rejects.toMatchObject({ code: "UNEXPECTED" });
  });

  it("closes the chunks of a body that was never begun, without a release", async () => {
    const { chunks } = watched(["abc"]);
    await streamResult(INFO, chunks).cancel();
    expect(await chunks.next()).toMatchObject({ done: true });
  });

  it("closes a body midway", async () => {
    const { chunks, state } = watched(["abc", "def"]);
    const release = jest.fn();
    const result = streamResult(INFO, chunks, release);
    const iterator = result[Symbol.asyncIterator]();
    await iterator.next();
    await result.cancel();
    expect(state).toEqual({ closed: 1, pulled: 1 });
    expect(release).not.toHaveBeenCalled();
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  it("gives up under a signal, also while a chunk hangs", async () => {
    const controller = new AbortController();
    async function* hanging(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from("abc");
      await new Promise(() => undefined);
    }
    const result = streamResult(INFO, hanging(), undefined, { signal: controller.signal, store: "file" });
    const iterator = result[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    controller.abort("given up");
    await expect(next).rejects.toMatchObject({ code: "ABORTED", cause: "given up", store: "file", path: "a/b" });
  });

  it("closes the chunks when its signal has fired before they were begun", async () => {
    const { chunks, state } = watched(["abc", "def"]);
    const result = streamResult(INFO, chunks, undefined, { signal: AbortSignal.abort("given up") });
    await expect(result.bytes()).rejects.toMatchObject({ code: "ABORTED", cause: "given up" });
    expect(await chunks.next()).toMatchObject({ done: true });
    expect(state.pulled).toBeLessThanOrEqual(1);
  });

  it("hears nothing of chunks that close badly after an abort, or can't be closed", async () => {
    const controller = new AbortController();
    const next = () => new Promise<never>(() => undefined);
    for (const close of [{ return: () => Promise.reject(new Error("won't close")) }, {}]) {
      const chunks = { [Symbol.asyncIterator]: () => ({ next, ...close }) };
      const result = streamResult(INFO, chunks, undefined, { signal: controller.signal });
      const bytes = result.bytes();
      controller.abort("given up");
      await expect(bytes).rejects.toMatchObject({ code: "ABORTED", cause: "given up" });
      await result.cancel().catch(() => undefined);
    }
  });

  it("closes the chunks when a reader under a signal stops early", async () => {
    const { chunks, state } = watched(["abc", "def"]);
    const result = streamResult(INFO, chunks, undefined, { signal: new AbortController().signal });
    for await (const chunk of result) {
      expect(chunk).toHaveLength(3);
      break;
    }
    expect(state.closed).toBe(1);
  });
});
