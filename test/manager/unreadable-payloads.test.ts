import { isReference, isStorageError, MemoryStore, referencesIn, StorageManager } from "../../src/index.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";

const boom = new Error("of the caller's own");

function throws(): never {
  throw boom;
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();

const unreadable: Record<string, unknown> = {
  "a getter that throws": { get a() { return throws(); } }, // prettier-ignore
  "a getter in the place of a reference": { get $storageRef() { return throws(); } }, // prettier-ignore
  "a proxy that lists no keys": new Proxy({}, { ownKeys: throws }),
  "a proxy that gives no values": new Proxy({ $storageRef: "", a: "" }, { get: throws }),
  "a proxy that is gone": revoked.proxy,
};

const manager = new StorageManager({ store: new MemoryStore() });

// Large enough for a walk in steps.
const many = Array.from({ length: 30_000 }, () => ({}));

const calls: Record<string, (value: unknown) => unknown> = {
  hydrate: (value) => manager.hydrate(value),
  "hydrate, after many values": (value) => manager.hydrate([...many, value]),
  pick: (value) => manager.pick({ q: [value] }, "q[*].a"),
  "pick, of what is inside": (value) => manager.pick({ q: value }, "q"),
  releaseOf: (value) => manager.releaseOf([value]),
  adopt: (value) => manager.adopt([value], { scope: "run-7" }),
  "dehydrate, which adopts": (value) => manager.dehydrate([value], { references: "adopt" }),
  referencesIn: (value) => [...referencesIn([value])],
};

describe.each(Object.entries(calls))("%s", (_, call) => {
  it.each(Object.entries(unreadable))("says UNSERIALIZABLE of %s", async (_name, value) => {
    const error = await failureOf(Promise.resolve().then(() => call(value)));
    expect(error).toMatchObject({ code: "UNSERIALIZABLE", cause: boom === error.cause ? boom : expect.any(TypeError) });
  });
});

describe.each(["open", "presign"])("%s", (method) => {
  it.each(Object.entries(unreadable))("takes %s for no reference", async (_name, value) => {
    const call =
      method === "open"
        ? manager.open(value as never)
        : manager.presign(value as never, { method: "GET", expiresIn: 60 });
    const error = await failureOf(call);
    expect(isStorageError(error) && error.code).toMatch(
      /^(INVALID_REFERENCE|INVALID_PATH|UNSUPPORTED|UNSERIALIZABLE)$/,
    );
  });
});

describe("isReference", () => {
  it.each(Object.entries(unreadable))("is false for %s", async (_name, value) => {
    expect(isReference(value)).toBe(false);
    expect(isReference(await manager.dehydrate(longText("a")))).toBe(true);
  });
});
