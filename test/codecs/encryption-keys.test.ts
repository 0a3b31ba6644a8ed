import { createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { GivenKeys, ProvidedKeys, type DataKey, type KeyProvider } from "../../src/codecs/aes256gcm/encryption-keys.js";
import { StorageError } from "../../src/errors/error.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { failureOf } from "../support/failure.js";
import { turn } from "../support/turn.js";

const bytesOf = (key: KeyObject): Buffer => key.export();

describe("given keys", () => {
  it("are found by their id, and encrypt by the active one", async () => {
    const [old, current] = [randomBytes(32), randomBytes(32)];
    const keys = new GivenKeys({ old, current }, "current");
    expect(keys.active()).toMatchObject({ keyId: "current", wrappedKey: undefined });
    expect(bytesOf(keys.active().key)).toEqual(current);
    expect(bytesOf(await keys.find("old", undefined))).toEqual(old);
  });

  it.each(["other", "", "__proto__", "constructor", "toString"])("know no key %p", async (keyId) => {
    const keys = new GivenKeys({ k: randomBytes(32) }, "k");
    expect(await failureOf(keys.find(keyId, undefined))).toMatchObject({ code: "DECODE_FAILED", retryable: false });
    expect((await failureOf(keys.find("k", "d3JhcHBlZA"))).code).toBe("DECODE_FAILED"); // a key of some provider
  });

  it("are their own: the caller may clear his", async () => {
    const key = Buffer.alloc(32, 7);
    const keys = new GivenKeys({ k: key }, "k");
    key.fill(0);
    expect(bytesOf(await keys.find("k", undefined))).toEqual(Buffer.alloc(32, 7));
  });
});

/** A provider that "wraps" a key by reversing it, and answers when the test says so, if it is told to wait. */
class Provider implements KeyProvider {
  generated = 0;
  decrypted: { keyId: string; wrappedKey: Uint8Array }[] = [];
  signals: AbortSignal[] = [];
  /** What comes before an answer. */
  before: () => unknown = () => undefined;
  answer: (() => unknown) | undefined;

  async generateDataKey({ signal }: { signal: AbortSignal }): Promise<DataKey> {
    this.signals.push(signal);
    const key = Buffer.alloc(32, ++this.generated);
    await this.before();
    return (this.answer?.() ?? { keyId: "kms/1", key, wrappedKey: Buffer.from(key).map((byte) => ~byte) }) as DataKey;
  }

  async decryptDataKey(
    wrapped: { keyId: string; wrappedKey: Uint8Array },
    { signal }: { signal: AbortSignal },
  ): Promise<Uint8Array> {
    this.signals.push(signal);
    this.decrypted.push(wrapped);
    await this.before();
    return (this.answer?.() ??
      Buffer.from(wrapped.wrappedKey)
        .map((byte) => ~byte)
        .subarray(0, 32)) as Uint8Array;
  }
}

const wrap = (name: string): string => Buffer.from(name.padEnd(32, "-")).toString("base64url");

function provided(ttl = 1000) {
  const provider = new Provider();
  const clock = new FakeClock(1_000_000);
  return { provider, clock, keys: new ProvidedKeys(provider, ttl, clock) };
}

describe("keys of a provider", () => {
  it("are asked for once, however many want them", async () => {
    const { provider, keys, clock } = provided();
    let answer: () => void = () => undefined;
    provider.before = () => new Promise<void>((resolve) => (answer = resolve));
    const waiting = Array.from({ length: 50 }, () => keys.active());
    await turn();
    answer();
    const all = await Promise.all(waiting);
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toMatchObject({ keyId: "kms/1", wrappedKey: Buffer.alloc(32, 0xfe).toString("base64url") });
    const finding = Array.from({ length: 50 }, () => keys.find("kms/1", all[0]!.wrappedKey));
    await turn();
    answer();
    for (const key of await Promise.all(finding)) expect(bytesOf(key)).toEqual(Buffer.alloc(32, 1));
    expect([provider.generated, provider.decrypted.length, clock.pending]).toEqual([1, 1, 0]);
  });

  it("are good for their time, from when they are there, and not a moment longer", async () => {
    const { provider, keys, clock } = provided();
    let answer: () => void = () => undefined;
    provider.before = () => new Promise<void>((resolve) => (answer = resolve));
    const first = keys.active();
    await clock.advance(20_000);
    answer();
    await first;
    provider.before = () => undefined;
    await keys.find("k", wrap("a"));
    await clock.advance(999);
    expect((await keys.active()).wrappedKey).toBe((await first).wrappedKey);
    await keys.find("k", wrap("a"));
    expect([provider.generated, provider.decrypted.length]).toEqual([1, 1]);
    await clock.advance(1);
    expect((await keys.active()).wrappedKey).not.toBe((await first).wrappedKey);
    await keys.find("k", wrap("a"));
    expect([provider.generated, provider.decrypted.length]).toEqual([2, 2]);
  });

  it("are asked for each time, where they have no time to live", async () => {
    const { provider, keys } = provided(0);
    await keys.active();
    await keys.active();
    expect(provider.generated).toBe(2);
  });

  it.each([
    [new StorageError("PERMISSION_DENIED", "no"), "PERMISSION_DENIED"],
    [new Error("network"), "UNEXPECTED"],
    ["a text", "UNEXPECTED"],
    [undefined, "UNEXPECTED"],
  ])("that fail with %s are not kept", async (failure, code) => {
    const { provider, keys, clock } = provided();
    provider.before = () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- providers are users' own
      throw failure;
    };
    const [one, other] = await Promise.all([failureOf(keys.active()), failureOf(keys.active())]);
    expect([one.code, other.code, provider.generated]).toEqual([code, code, 1]);
    const error = await failureOf(keys.find("k", wrap("a")));
    if (failure instanceof StorageError) expect(error).toBe(failure);
    else expect([error.code, error.cause]).toEqual([code, failure]);
    provider.before = () => undefined;
    await expect(keys.active()).resolves.toMatchObject({ keyId: "kms/1" });
    await expect(keys.find("k", wrap("a"))).resolves.toBeDefined();
    expect(clock.pending).toBe(0);
  });

  it("also of a provider that throws at once", async () => {
    const failing = () => {
      throw new Error("not even a promise");
    };
    const keys = new ProvidedKeys({ generateDataKey: failing, decryptDataKey: failing }, 1000, new FakeClock());
    expect((await failureOf(keys.active())).code).toBe("UNEXPECTED");
    expect((await failureOf(keys.find("k", wrap("a")))).code).toBe("UNEXPECTED");
  });

  it("are a TIMEOUT after 30 s, of which the provider is told, and are asked for anew", async () => {
    const { provider, keys, clock } = provided();
    provider.before = () => new Promise(() => undefined);
    const [generating, finding] = [failureOf(keys.active()), failureOf(keys.find("k", wrap("a")))];
    await clock.advance(29_999);
    expect(provider.signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    await clock.advance(1);
    expect(provider.signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    for (const error of [await generating, await finding]) {
      expect(error).toMatchObject({ code: "TIMEOUT", retryable: true });
    }
    provider.before = () => undefined;
    await keys.active();
    await keys.find("k", wrap("a"));
    expect(clock.pending).toBe(0);
  });

  it.each<[string, unknown]>([
    ["nothing", null],
    ["a text", "key"],
    ["no key", { keyId: "k", wrappedKey: Buffer.of(1) }],
    ["a key of 31 bytes", { keyId: "k", key: Buffer.alloc(31), wrappedKey: Buffer.of(1) }],
    ["a key of 33 bytes", { keyId: "k", key: Buffer.alloc(33), wrappedKey: Buffer.of(1) }],
    ["a key that is a text", { keyId: "k", key: "k".repeat(32), wrappedKey: Buffer.of(1) }],
    ["a key that is an array", { keyId: "k", key: Array(32).fill(1), wrappedKey: Buffer.of(1) }],
    ["no wrapped key", { keyId: "k", key: Buffer.alloc(32) }],
    ["an empty wrapped key", { keyId: "k", key: Buffer.alloc(32), wrappedKey: Buffer.of() }],
    ["a huge wrapped key", { keyId: "k", key: Buffer.alloc(32), wrappedKey: Buffer.alloc(16_385) }],
    ["no id", { key: Buffer.alloc(32), wrappedKey: Buffer.of(1) }],
    ["an empty id", { keyId: "", key: Buffer.alloc(32), wrappedKey: Buffer.of(1) }],
    ["a line end in the id", { keyId: "a\nb", key: Buffer.alloc(32), wrappedKey: Buffer.of(1) }],
    ["a huge id", { keyId: "k".repeat(2049), key: Buffer.alloc(32), wrappedKey: Buffer.of(1) }],
  ])("are refused when the answer is %s", async (_what, answer) => {
    const keys = new ProvidedKeys(
      { generateDataKey: () => Promise.resolve(answer as DataKey), decryptDataKey: () => Promise.reject(new Error()) },
      1000,
      new FakeClock(),
    );
    expect((await failureOf(keys.active())).code).toBe("UNEXPECTED");
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["31 bytes", Buffer.alloc(31)],
    ["a text", "k".repeat(32)],
    ["what generateDataKey gives", { key: Buffer.alloc(32) }],
  ])("are refused when the decrypted key is %s", async (_what, answer) => {
    const keys = new ProvidedKeys(
      {
        generateDataKey: () => Promise.reject(new Error()),
        decryptDataKey: () => Promise.resolve(answer as Uint8Array),
      },
      1000,
      new FakeClock(),
    );
    expect((await failureOf(keys.find("k", wrap("a")))).code).toBe("UNEXPECTED");
  });

  it("are not asked for with what a header can't have from us", async () => {
    const { provider, keys } = provided();
    provider.answer = () => Buffer.alloc(32);
    await keys.find("a", "Yg");
    for (const [keyId, wrapped] of [
      ["k", undefined],
      ["k", ""],
      ["k", "A".repeat(30_000)],
      ["", "AAAA"],
      ["a\nYg", "AAAA"],
      ["a\n", "Yg"],
      ["é", "AAAA"],
    ] as const) {
      expect((await failureOf(keys.find(keyId, wrapped))).code).toBe("DECODE_FAILED");
    }
    expect(provider.decrypted).toHaveLength(1);
  });

  it("are not mixed up by their ids, nor kept without end", async () => {
    const { provider, keys } = provided();
    await keys.find("one", wrap("a"));
    await keys.find("two", wrap("a"));
    expect(provider.decrypted.map(({ keyId }) => keyId)).toEqual(["one", "two"]);
    for (let i = 0; i < 1000; i++) await keys.find("one", wrap(`other ${i}`));
    expect(provider.decrypted).toHaveLength(1002);
    await keys.find("one", wrap("other 999"));
    expect(provider.decrypted).toHaveLength(1002);
    await keys.find("one", wrap("a"));
    expect(provider.decrypted).toHaveLength(1003);
  });

  it("are their own: the provider may clear its memory", async () => {
    const key = Buffer.alloc(32, 9);
    const keys = new ProvidedKeys(
      {
        generateDataKey: () => Promise.resolve({ keyId: "k", key, wrappedKey: key }),
        decryptDataKey: () => Promise.resolve(key),
      },
      1000,
      new FakeClock(),
    );
    const [active, found] = [await keys.active(), await keys.find("k", wrap("a"))];
    key.fill(0);
    expect(bytesOf(active.key)).toEqual(Buffer.alloc(32, 9));
    expect(active.wrappedKey).toBe(Buffer.alloc(32, 9).toString("base64url"));
    expect(found.equals(createSecretKey(Buffer.alloc(32, 9)))).toBe(true);
  });
});
