import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { canonicalText, signedFields } from "../../../src/reference/sign/canonical-reference.js";
import { ReferenceSigner } from "../../../src/reference/sign/signature.js";
import { SigningKeys } from "../../../src/reference/sign/signing-keys.js";

interface Vector {
  readonly name: string;
  readonly keyId: string;
  readonly key: string;
  readonly reference: Readonly<Record<string, string | number>>;
  readonly audience: string | null;
  readonly expires: number | null;
  readonly canonical: string;
  readonly mac: string;
  readonly signature: string;
}

interface Refused {
  readonly name: string;
  readonly problem: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly reference: Readonly<Record<string, unknown>>;
  readonly audience: string | null;
  readonly now: number;
}

const { signatures, refused } = JSON.parse(readFileSync("test/vectors/signatures.json", "utf8")) as {
  signatures: readonly Vector[];
  refused: readonly Refused[];
};

function signerOf(keys: Readonly<Record<string, string>>, activeKeyId: string, now = 0): ReferenceSigner {
  const byId = Object.entries(keys).map(([id, key]) => [id, Buffer.from(key, "hex")] as const);
  return new ReferenceSigner({ keys: new SigningKeys(byId), activeKeyId, ttl: undefined, now: () => now * 1000 });
}

describe("a known signature", () => {
  it.each(signatures)("is made, and is good: $name", (vector) => {
    const { keyId, key, reference, canonical, signature } = vector;
    const claims = { audience: vector.audience ?? undefined, expires: vector.expires ?? undefined };
    const signer = signerOf({ [keyId]: key }, keyId, (vector.expires ?? 1) - 1);
    expect(canonicalText(signedFields(reference)!, claims)).toBe(canonical);
    expect(signer.sign(reference, claims)).toBe(signature);
    expect(signer.check({ ...reference, $storageSignature: signature }, claims.audience)).toEqual({
      status: "valid",
      fields: reference,
      expires: claims.expires,
    });
  });

  it.each(signatures)(
    "is what plain HMAC-SHA-256 gives: $name",
    ({ keyId, key, expires, canonical, mac, signature }) => {
      const digest = createHmac("sha256", Buffer.from(key, "hex")).update(canonical, "utf8").digest();
      expect(digest.toString("hex")).toBe(mac);
      const seconds = expires === null ? "" : expires.toString(16).padStart(12, "0");
      expect(signature).toBe(`${keyId}:${Buffer.from(seconds + mac, "hex").toString("base64url")}`);
    },
  );
});

it.each(refused)(
  "a signature that is not good is known as such: $name",
  ({ keys, reference, audience, now, problem }) => {
    expect(signerOf(keys, Object.keys(keys)[0]!, now).check(reference, audience ?? undefined).status).toBe(problem);
  },
);

it("one can be computed without this library", () => {
  const text = 'coatcheck-reference-v1:{"$storageContentType":"text/plain","$storageRef":"outputs/a","audience":"b"}';
  const signature = `k:${createHmac("sha256", Buffer.alloc(32, 7)).update(text).digest("base64url")}`;
  const reference = { $storageRef: "outputs/a", $storageContentType: "text/plain", $storageSignature: signature };
  expect(signerOf({ k: "07".repeat(32) }, "k").check(reference, "b").status).toBe("valid");
});
