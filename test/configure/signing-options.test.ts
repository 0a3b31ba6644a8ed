import { inspect } from "node:util";
import { managerSettings } from "../../src/configure/settings.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { SigningOptions, StorageManagerOptions } from "../../src/configure/options.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { referenceBy, signingKey, signingManager, signingOptions } from "../support/signing.js";

describe("options of signing", () => {
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ["no object", "key", "signing"],
    ["null", null, "signing"],
    ["no keys", { activeKeyId: "k1" }, "signing.keys"],
    ["keys that are none", { keys: [signingKey(1)], activeKeyId: "0" }, "signing.keys"],
    ["a Map of keys", { keys: new Map([["k1", signingKey(1)]]), activeKeyId: "k1" }, "signing.keys"],
    ["a short key", { keys: { k1: signingKey(1), k2: new Uint8Array(31) }, activeKeyId: "k1" }, "signing.keys.k2"],
    ["a key that is text", { keys: { k1: "k".repeat(64) }, activeKeyId: "k1" }, "signing.keys.k1"],
    ["an id that is none", { keys: { "k:1": signingKey(1) }, activeKeyId: "k:1" }, "signing.keys"],
    ["no active key", { keys: { k1: signingKey(1) } }, "signing.activeKeyId"],
    ["an active key that is not there", { keys: { k1: signingKey(1) }, activeKeyId: "k2" }, "signing.activeKeyId"],
    [
      "an active key that is inherited",
      { keys: { k1: signingKey(1) }, activeKeyId: "constructor" },
      "signing.activeKeyId",
    ],
    ["__proto__ as active key", { keys: { k1: signingKey(1) }, activeKeyId: "__proto__" }, "signing.activeKeyId"],
    ["no keys at all", { keys: {}, activeKeyId: "k1" }, "signing.activeKeyId"],
    ["an empty audience", signingOptions({ audience: "" }), "signing.audience"],
    ["an audience with half a character", signingOptions({ audience: "\ud800" }), "signing.audience"],
    ["a ttl of 0", signingOptions({ ttl: 0 }), "signing.ttl"],
    ["a ttl that is no whole number", signingOptions({ ttl: 1.5 }), "signing.ttl"],
    ["allowUnsigned that is text", { ...signingOptions(), allowUnsigned: "no" }, "signing.allowUnsigned"],
    ["a clock that is none", { ...signingOptions(), clock: {} }, "signing.clock"],
    ["an option that is none", { ...signingOptions(), key: 1 }, "signing"],
  ];

  it.each(wrong)("are refused: %s", (_, signing, field) => {
    const message = configurationError({ signing: signing as SigningOptions });
    expect(message).toContain(`${field}: `);
    expect(message).not.toContain("kkkk");
  });

  it("are all named when all are wrong, and no id that is none is repeated", () => {
    const secret = Buffer.from(signingKey(1)).toString("base64");
    const message = configurationError({
      maxInlineSize: -1,
      signing: {
        keys: { [secret]: "k" },
        audience: 1,
        ttl: 0,
        allowUnsigned: 1,
        clock: 1,
      } as unknown as SigningOptions,
    });
    for (const field of ["maxInlineSize", "keys", "activeKeyId", "audience", "ttl", "allowUnsigned", "clock"]) {
      expect(message).toContain(field);
    }
    expect(message).not.toContain(secret);
  });

  it("can't be had in the dialect bubustack", () => {
    expect(configurationError({ dialect: "bubustack", signing: signingOptions() })).toContain("signing: ");
  });

  it("take ids of all kinds, and keys of their own only", async () => {
    const keys = Object.fromEntries([
      ["__proto__", signingKey(1)],
      ["constructor", signingKey(2)],
    ]);
    for (const activeKeyId of ["__proto__", "constructor"]) {
      const { manager } = signingManager({ keys, activeKeyId });
      const reference = await referenceBy(manager);
      expect(reference.$storageSignature!.startsWith(`${activeKeyId}:`)).toBe(true);
      await expect(manager.hydrate(reference)).resolves.toBe(longText("a"));
    }
    const nothing = Object.assign(Object.create(null) as Record<string, Uint8Array>, { k1: signingKey(1) });
    expect(() => signingManager({ keys: nothing })).not.toThrow();
  });

  it("of a schema are text that can be signed", async () => {
    const { manager } = signingManager();
    for (const field of ["schema", "schemaVersion"]) {
      const error = await failureOf(manager.dehydrate({}, { [field]: "\udc00" }));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(field) });
    }
  });
});

it("nothing shows a key", async () => {
  const keys = { k1: signingKey(1), k2: signingKey(2) };
  const told: string[] = [];
  const everything = { depth: Infinity, showHidden: true, showProxy: true, maxArrayLength: null } as const;
  const tell = (value: unknown): void => void told.push(inspect(value, everything), JSON.stringify(value));
  const manager = new StorageManager({
    store: new MemoryStore(),
    signing: { keys, activeKeyId: "k2", ttl: 1000, audience: "a" },
    observer: tell,
  });
  const reference = await referenceBy(manager);
  await manager.hydrate(reference);
  const failing = [
    manager.hydrate({ ...reference, $storageSize: 1 }),
    manager.open({ ...reference, $storageSignature: "k1:" }),
    manager.dehydrate([{ $storageRef: "a" }], { references: "pass" }),
    manager.hydrate(reference, { audience: "b" }),
  ];
  for (const call of failing.map(failureOf)) tell(await call);
  for (const activeKeyId of ["k3", 1 as unknown as string]) {
    expect(() => {
      try {
        new StorageManager({ signing: { keys, activeKeyId } });
      } catch (error) {
        tell(error);
        throw error;
      }
    }).toThrow("activeKeyId");
  }
  tell(manager);
  tell(manager.plan(longText("a")));
  tell(managerSettings({ signing: { keys, activeKeyId: "k1" } }));
  const shown = told.join("\n").replace(/\s+/g, " ");
  expect(shown).toContain("SIGNATURE_INVALID");
  for (const key of Object.values(keys)) {
    const bytes = Buffer.from(key);
    // Parts of it too, in whatever form bytes are shown.
    for (const part of [bytes.subarray(0, 9), bytes.subarray(12, 24)]) {
      const forms = [part.toString("hex"), part.toString("base64"), part.toString("base64url"), [...part].join(",")];
      forms.push([...part].join(", "), [...part].map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
      forms.push(part.toString("latin1"));
      for (const form of forms) expect(shown).not.toContain(form);
    }
  }
});

function configurationError(options: StorageManagerOptions): string {
  let thrown: unknown;
  try {
    new StorageManager(options);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "CONFIG_INVALID" });
  return (thrown as Error).message;
}
