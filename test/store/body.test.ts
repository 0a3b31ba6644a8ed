import { assertBody, checkedBytes, checkedChunks, isWholeBody, wholeBytes } from "../../src/store/body.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import type { StoreBody, WriteOptions } from "../../src/store/store.js";
import { storageError } from "./storage-error.js";

const DETAILS = { operation: "write", store: "memory", path: "a" };

async function collect(body: StoreBody, options: WriteOptions = {}, maxSize?: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of checkedChunks(body, options, DETAILS, maxSize)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A source written by hand, so that each of its methods can misbehave. */
function source(iterator: Partial<AsyncIterator<Uint8Array>>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }), ...iterator }),
  };
}

const endless = () => Promise.resolve({ done: false as const, value: Buffer.from("abc") });

describe("bodies", () => {
  it("are whole, or an iterable", () => {
    expect([Buffer.from("a"), new Uint8Array(), "text"].every(isWholeBody)).toBe(true);
    expect(isWholeBody(source({}))).toBe(false);
    expect(Buffer.from(wholeBytes("é"))).toEqual(Buffer.from([0xc3, 0xa9]));
  });

  it.each([undefined, null, 1, {}, [], { byteLength: 1 }, [Buffer.from("a")]])("are nothing else: %p", (body) => {
    expect(() => assertBody(body, DETAILS)).toThrow(storageError({ code: "CONFIG_INVALID", ...DETAILS }));
  });

  it("have a digest", () => {
    // FIPS 180-4: SHA-256 of "abc"
    expect(sha256Digest(Buffer.from("abc"))).toBe("sha256-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  });
});

describe("checkedBytes", () => {
  const digest = sha256Digest(Buffer.from("abc"));

  it("gives the bytes of what was declared", async () => {
    const bytes = Buffer.from("abc");
    expect(await checkedBytes(bytes, { size: 3, digest }, DETAILS, 3)).toBe(bytes);
    expect(Buffer.from(await checkedBytes("abc", {}, DETAILS)).toString()).toBe("abc");
  });

  it.each([{ size: 2 }, { size: 4 }, { digest: sha256Digest(Buffer.from("abd")) }])(
    "refuses other bytes than declared: %j",
    async (options) => {
      await expect(checkedBytes("abc", options, DETAILS)).rejects.toMatchObject({ code: "INTEGRITY", ...DETAILS });
    },
  );

  it("refuses more than the store takes", async () => {
    await expect(checkedBytes("abc", {}, DETAILS, 2)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  });
});

describe("checkedChunks", () => {
  async function* abc(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const letter of "abc") {
      await Promise.resolve();
      yield Buffer.from(letter);
    }
  }
  const digest = sha256Digest(Buffer.from("abc"));

  it("hands on a body of any form", async () => {
    for (const body of ["abc", Buffer.from("abc"), abc()]) {
      expect(await collect(body, { size: 3, digest }, 3)).toBe("abc");
    }
  });

  it.each([{ size: 2 }, { size: 4 }, { digest: sha256Digest(Buffer.from("abd")) }])(
    "refuses another body than declared: %j",
    async (options) => {
      for (const body of ["abc", abc()]) {
        await expect(collect(body, options)).rejects.toMatchObject({ code: "INTEGRITY", ...DETAILS });
      }
    },
  );

  it("stops an endless source at the limit, and closes it", async () => {
    const close = jest.fn(() => Promise.resolve({ done: true as const, value: undefined }));
    await expect(collect(source({ next: endless, return: close }), {}, 10)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
    });
    await expect(collect(source({ next: endless, return: close }), { size: 4 })).rejects.toMatchObject({
      code: "INTEGRITY",
    });
    expect(close).toHaveBeenCalledTimes(2);
  });

  it("reports a source that fails, wherever it does", async () => {
    const cause = new Error("broken");
    const broken = () => {
      throw cause;
    };
    for (const body of [
      source({ next: () => Promise.reject(cause) }),
      source({ next: broken }),
      { [Symbol.asyncIterator]: broken },
    ]) {
      await expect(collect(body)).rejects.toMatchObject({ code: "UNEXPECTED", cause, ...DETAILS });
    }
  });

  it("does not close a source that has failed or ended", async () => {
    const close = jest.fn(() => Promise.resolve({ done: true as const, value: undefined }));
    await expect(collect(source({ next: () => Promise.reject(new Error("broken")), return: close }))).rejects.toThrow();
    await collect(source({ return: close }));
    expect(close).not.toHaveBeenCalled();
  });

  it("reports why it gave a source up, not how the source took it", async () => {
    const body = source({ next: endless, return: () => Promise.reject(new Error("won't stop")) });
    await expect(collect(body, { size: 1 })).rejects.toMatchObject({ code: "INTEGRITY" });
  });

  it("refuses a chunk that is not bytes", async () => {
    const next = () => Promise.resolve({ done: false as const, value: "abc" as unknown as Uint8Array });
    await expect(collect(source({ next }))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("leaves a source that hangs when the signal fires, even one that does not close", async () => {
    const controller = new AbortController();
    const hang = () => new Promise<never>(() => undefined);
    const close = jest.fn(hang);
    const call = collect(source({ next: hang, return: close }), { signal: controller.signal });
    controller.abort("given up");
    await expect(call).rejects.toMatchObject({ code: "ABORTED", cause: "given up", ...DETAILS });
    expect(close).toHaveBeenCalledTimes(1);
  });
});
