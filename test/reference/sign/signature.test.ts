import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { canonicalText, signedFields, type SignedClaims } from "../../../src/reference/sign/canonical-reference.js";
import { ReferenceSigner, signatureInvalid } from "../../../src/reference/sign/signature.js";
import { isKeyId, isSigningKey, SigningKeys } from "../../../src/reference/sign/signing-keys.js";
import { codePoint } from "../../support/code-point.js";
import { thrownBy } from "../../support/failure.js";
import { signingKey } from "../../support/signing.js";

type Reference = Record<string, unknown>;

const REFERENCE = {
  $storageRef: "outputs/run-42/aa.pack",
  $storageContentType: "application/json",
  $storageSize: 345,
  $storageDigest: `sha256-${"A".repeat(43)}`,
  $storageOffset: 12,
  $storageEncoding: "gzip,aes256gcm",
  $storageSchema: "order",
  $storageSchemaVersion: "2",
  $storagePath: "items[*].id",
};

function signer({ ttl, now = () => 0, activeKeyId = "k1", keys = ["k1"] }: SignerOptions = {}): ReferenceSigner {
  const byId = keys.map((id) => [id, signingKey(Number(id.slice(1)))] as const);
  return new ReferenceSigner({ keys: new SigningKeys(byId), activeKeyId, ttl, now });
}

interface SignerOptions {
  ttl?: number;
  now?: () => number;
  activeKeyId?: string;
  keys?: readonly string[];
}

function signed(reference: Reference, by = signer(), audience?: string): Reference {
  return { ...reference, $storageSignature: by.forCall(audience).sign(reference) };
}

function status(reference: Reference, by = signer(), audience?: string): string {
  return by.check(reference, audience).status;
}

const text = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 12 }).filter((value) => value.isWellFormed()),
  fc.constantFrom("", "é", "e\u0301", "😀", "\u2028", '"', "\\", "\u0000", "\u007f", "1", "audience", "$storageRef"),
);
const count = fc.oneof(fc.nat(), fc.maxSafeNat());

/** References with fields of any content that can be signed, some of which are left out. */
const reference: fc.Arbitrary<Reference> = fc.record(
  {
    $storageRef: text,
    $storageContentType: text,
    $storageSize: count,
    $storageDigest: text,
    $storageOffset: count,
    $storageEncoding: text,
    $storageSchema: text,
    $storageSchemaVersion: text,
    $storagePath: text,
  },
  { requiredKeys: ["$storageRef"] },
);
const claims: fc.Arbitrary<SignedClaims> = fc.record({ audience: text, expires: count }, { requiredKeys: [] });

describe("the canonical form of a reference", () => {
  it("is a prefix, and JSON whose names are sorted, of all fields but the signature", () => {
    const fields = signedFields(signed(REFERENCE))!;
    expect(canonicalText(fields, { audience: "tenant é", expires: 1_800_000_000 })).toBe(
      "coatcheck-reference-v1:" +
        `{"$storageContentType":"application/json","$storageDigest":"sha256-${"A".repeat(43)}",` +
        '"$storageEncoding":"gzip,aes256gcm","$storageOffset":12,"$storagePath":"items[*].id",' +
        '"$storageRef":"outputs/run-42/aa.pack","$storageSchema":"order","$storageSchemaVersion":"2",' +
        '"$storageSize":345,"audience":"tenant é","expires":1800000000}',
    );
  });

  it("does not depend on the order of the fields", () => {
    fc.assert(
      fc.property(reference, claims, fc.infiniteStream(fc.nat()), (value, said, keys) => {
        const shuffled = Object.entries(value)
          .map((entry) => ({ entry, key: keys.next().value }))
          .sort((a, b) => Number(a.key) - Number(b.key))
          .map(({ entry }) => entry);
        expect(canonicalText(signedFields(Object.fromEntries(shuffled))!, said)).toBe(
          canonicalText(signedFields(value)!, said),
        );
      }),
    );
  });

  it("says all: the fields and claims can be read back from it, so no two have the same", () => {
    fc.assert(
      fc.property(reference, claims, (value, said) => {
        const canonical = canonicalText(signedFields(value)!, said);
        const [, json] = /^coatcheck-reference-v1:(.*)$/s.exec(canonical)!;
        expect(JSON.parse(json!)).toEqual({ ...value, ...said });
      }),
    );
  });

  it.each([
    ["a lone surrogate", "\ud800"],
    ["null", null],
    ["a fraction", 1.5],
    ["a negative number", -1],
    ["a number that is not exact", 2 ** 53],
    ["NaN", NaN],
    ["a boolean", true],
    ["an object", {}],
    ["a list", ["a"]],
    ["a function", () => "a"],
    ["a boxed string", new String("a")],
  ])("is none where a field holds %s", (_, value) => {
    expect(signedFields({ ...REFERENCE, $storageSchema: value })).toBeUndefined();
    expect(status({ ...signed(REFERENCE), $storageSchema: value })).toBe("mismatch");
  });

  it("sees fields of the object itself only, each once", () => {
    const inherited = Object.assign(Object.create({ $storageSchema: "a" }) as Reference, { $storageRef: "outputs/a" });
    expect(signedFields(inherited)).toEqual({ $storageRef: "outputs/a" });
    let reads = 0;
    const changing = {
      get $storageRef() {
        return `outputs/${reads++}`;
      },
    };
    expect(signedFields(changing)).toEqual({ $storageRef: "outputs/0" });
    expect(reads).toBe(1);
  });
});

describe("a signature", () => {
  it("is HMAC-SHA-256 of the canonical form, behind the id of the key", () => {
    const mac = createHmac("sha256", signingKey(1)).update(canonicalText(REFERENCE, { audience: "a" }), "utf8");
    expect(signer().forCall("a").sign(REFERENCE)).toBe(`k1:${mac.digest("base64url")}`);
  });

  it("with an expiry holds that, and covers it", () => {
    const by = signer({ ttl: 60_000, now: () => 1_700_000_000_000 });
    const expires = 1_700_000_060;
    const mac = createHmac("sha256", signingKey(1)).update(canonicalText(REFERENCE, { expires }), "utf8").digest();
    const seconds = Buffer.from("00006553f13c", "hex");
    expect(seconds.readUIntBE(0, 6)).toBe(expires);
    expect(by.forCall(undefined).sign(REFERENCE)).toBe(`k1:${Buffer.concat([seconds, mac]).toString("base64url")}`);
  });

  it("is good for what was signed, and gives the fields that were verified", () => {
    fc.assert(
      fc.property(reference, fc.option(text, { nil: undefined }), fc.boolean(), (value, audience, expiring) => {
        const by = signer(expiring ? { ttl: 1 } : {});
        const result = by.check(JSON.parse(JSON.stringify(signed(value, by, audience))) as Reference, audience);
        expect(result).toEqual({ status: "valid", fields: value, expires: expiring ? 1 : undefined });
      }),
    );
  });

  it("is not good when any one field is changed, added, removed, or moved to another", () => {
    const names = [...Object.keys(REFERENCE)];
    fc.assert(
      fc.property(reference, fc.constantFrom(...names), fc.constantFrom(...names), text, count, (value, a, b, t, n) => {
        const before = signed(value);
        const different = (changed: Reference) => JSON.stringify(sorted(changed)) !== JSON.stringify(sorted(before));
        const { [a]: removed, ...without } = before;
        const { [b]: swapped, ...rest } = without;
        const candidates: Reference[] = [
          { ...before, [a]: t },
          { ...before, [a]: n },
          { ...before, [a]: String(before[a]) },
          without,
          { ...rest, [b]: removed, ...(swapped === undefined ? {} : { [a]: swapped }) },
        ].map((candidate) => JSON.parse(JSON.stringify(candidate)) as Reference);
        for (const candidate of candidates.filter(different)) expect(status(candidate)).toBe("mismatch");
        expect(status(before)).toBe("valid");
      }),
    );
  });

  it("is not good for another audience, for none, or with a text moved between the audience and a field", () => {
    fc.assert(
      fc.property(reference, text, text, (value, audience, other) => {
        const before = signed(value, signer(), audience);
        expect(status(before, signer(), audience)).toBe("valid");
        expect(status(before, signer())).toBe("mismatch");
        expect(status(before, signer(), `${audience}x`)).toBe("mismatch");
        if (other !== audience) expect(status(before, signer(), other)).toBe("mismatch");
        expect(status(signed(value), signer(), audience)).toBe("mismatch");
        expect(status({ ...before, audience }, signer())).toBe("mismatch");
      }),
    );
  });

  it("is not good when any bit of it, or of its expiry, is another", () => {
    const by = signer({ ttl: 1000 });
    for (const [reader, bytes] of [
      [signer(), 32],
      [by, 38],
    ] as const) {
      const value = signed(REFERENCE, reader);
      const [keyId, encoded] = (value["$storageSignature"] as string).split(":") as [string, string];
      for (let bit = 0; bit < bytes * 8; bit++) {
        const changed = Buffer.from(encoded, "base64url");
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const signature = `${keyId}:${changed.toString("base64url")}`;
        expect(status({ ...value, $storageSignature: signature }, reader)).toBe("mismatch");
      }
    }
  });

  it("does not become one without an expiry by leaving it out, nor the reverse", () => {
    const expiring = signed(REFERENCE, signer({ ttl: 1000 }))["$storageSignature"] as string;
    const mac = Buffer.from(expiring.slice(3), "base64url").subarray(6);
    expect(status({ ...REFERENCE, $storageSignature: `k1:${mac.toString("base64url")}` })).toBe("mismatch");
    const lasting = signed(REFERENCE)["$storageSignature"] as string;
    const bytes = Buffer.concat([Buffer.alloc(6, 0x7f), Buffer.from(lasting.slice(3), "base64url")]);
    expect(status({ ...REFERENCE, $storageSignature: `k1:${bytes.toString("base64url")}` })).toBe("mismatch");
  });

  it("of a key that is there under another id is not good for this one", () => {
    const both = signer({ keys: ["k1", "k2"] });
    const signature = (signed(REFERENCE)["$storageSignature"] as string).replace("k1:", "k2:");
    expect(status({ ...REFERENCE, $storageSignature: signature }, both)).toBe("mismatch");
  });

  const good = signed(REFERENCE)["$storageSignature"] as string;
  const encoded = good.slice(3);

  it.each<[string, unknown]>([
    ["an empty text", ""],
    ["null", null],
    ["a number", 7],
    ["an object", { toString: () => good }],
    ["without a key id", encoded],
    ["with an empty key id", `:${encoded}`],
    ["with a key id that is too long", `${"k".repeat(65)}:${encoded}`],
    ["with a key id of other characters", `k/1:${encoded}`],
    ["with two colons", `k1::${encoded}`],
    ["with two key ids", `k1:${good}`],
    ["with padding", `${good}=`],
    ["with a space", `${good} `],
    ["with a line end", `${good}\n`],
    ["in base64", `k1:${Buffer.alloc(32, 0xff).toString("base64").replace("=", "")}`],
    ["in hex", `k1:${"a".repeat(64)}`],
    ["one character short", good.slice(0, -1)],
    ["one character long", `${good}A`],
    ["without a MAC", "k1:"],
    ["of the wrong length", `k1:${"A".repeat(47)}`],
    ["of a MiB", `k1:${"A".repeat(1 << 20)}`],
  ])("is malformed: %s", (_, signature) => {
    expect(status({ ...REFERENCE, $storageSignature: signature })).toBe("malformed");
  });

  it("has one form only: other bits in what base64url leaves over are malformed", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const reader of [signer(), signer({ ttl: 1000 })]) {
      const value = signed(REFERENCE, reader)["$storageSignature"] as string;
      const last = alphabet.indexOf(value.at(-1)!);
      for (const spare of [1, 2, 3]) {
        const other = value.slice(0, -1) + alphabet[last + spare]!;
        expect(Buffer.from(other.slice(3), "base64url")).toEqual(Buffer.from(value.slice(3), "base64url"));
        expect(status({ ...REFERENCE, $storageSignature: other }, reader)).toBe("malformed");
      }
    }
  });

  it.each(["__proto__", "constructor", "toString", "k2", "K1", "hasOwnProperty"])(
    "by a key that is not there: %s",
    (id) => {
      expect(status({ ...REFERENCE, $storageSignature: `${id}:${encoded}` })).toBe("unknown-key");
    },
  );

  it("is missing where it is undefined or inherited", () => {
    expect(status(REFERENCE)).toBe("unsigned");
    expect(status({ ...REFERENCE, $storageSignature: undefined })).toBe("unsigned");
    const inherited = Object.assign(Object.create({ $storageSignature: good }) as Reference, REFERENCE);
    expect(status(inherited)).toBe("unsigned");
  });
});

describe("expiry", () => {
  let now = 0;
  const by = signer({ ttl: 1500, now: () => now });

  it.each([
    [1_000_000, 1002],
    [1_000_500, 1002],
    [1_000_501, 1003],
    [1_001_499, 1003],
  ])("is ttl after %d ms, rounded up to a whole second: %d s", (start, expires) => {
    now = start;
    const value = signed(REFERENCE, by);
    now = expires * 1000 - 1;
    expect(by.check(value, undefined)).toMatchObject({ status: "valid", expires });
    now = expires * 1000;
    expect(by.check(value, undefined)).toMatchObject({ status: "expired", expires });
  });

  it("is the same for all references of a call, whose signatures have the length of the sample", () => {
    for (const each of [by, signer(), signer({ keys: ["k1", "k22"], activeKeyId: "k22" })]) {
      now = 0;
      const call = each.forCall("a");
      const first = call.sign(REFERENCE);
      now = 10_000;
      expect(call.sign(REFERENCE)).toBe(first);
      fc.assert(fc.property(reference, (value) => expect(call.sign(value)).toHaveLength(call.sample.length)));
    }
  });

  it("is told of authentic references only", () => {
    now = 0;
    const value = signed(REFERENCE, by);
    now = 1e9;
    expect(status({ ...value, $storageSize: 1 }, by)).toBe("mismatch");
    expect(status(value, by, "other")).toBe("mismatch");
  });

  it("has passed when the clock gives no time", () => {
    now = 0;
    const value = signed(REFERENCE, by);
    now = NaN;
    expect(status(value, by)).toBe("expired");
    expect(thrownBy(() => signed(REFERENCE, by)).code).toBe("CONFIG_INVALID");
    now = -1e6;
    expect(thrownBy(() => signed(REFERENCE, by)).code).toBe("CONFIG_INVALID");
  });
});

describe("keys", () => {
  it("have ids of 1 to 64 characters that a signature can begin with", () => {
    for (const id of ["a", "2026-11", "A.b_c-9", "__proto__", "x".repeat(64)]) expect(isKeyId(id)).toBe(true);
    for (const id of ["", "a:b", "a b", "é", "a\n", "x".repeat(65), "a/b"]) expect(isKeyId(id)).toBe(false);
  });

  it("are bytes, 32 of them at least", () => {
    for (const key of [new Uint8Array(32), Buffer.alloc(100)]) expect(isSigningKey(key)).toBe(true);
    const none = [new Uint8Array(31), "k".repeat(32), new Uint16Array(32), new ArrayBuffer(32), null, undefined, [1]];
    for (const key of none) expect(isSigningKey(key)).toBe(false);
  });

  it("are copied", () => {
    const key = signingKey(1);
    const keys = new SigningKeys([["k1", key]]);
    const before = keys.mac("k1", "a");
    key.fill(0);
    expect(keys.mac("k1", "a")).toEqual(before);
    expect(keys.mac("k2", "a")).toBeUndefined();
  });

  it("do not show", () => {
    const shown = inspect(signer(), { depth: Infinity, showHidden: true, showProxy: true });
    expect(shown).not.toMatch(/KeyObject|Uint8Array|Buffer/);
    expect(JSON.stringify(signer())).toBe("{}");
  });
});

it("errors say which kind, and repeat nothing of the reference", () => {
  const messages = (["unsigned", "malformed", "unknown-key", "mismatch", "expired"] as const).map((problem) => {
    const error = signatureInvalid(problem, "open");
    expect(error).toMatchObject({ code: "SIGNATURE_INVALID", operation: "open", retryable: false });
    return error.message;
  });
  expect(new Set(messages).size).toBe(5);
});

function sorted(value: Reference): Reference {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
