import { GRAMMARS, referenceGrammar } from "../../../src/reference/grammar.js";
import { signedFields } from "../../../src/reference/sign/canonical-reference.js";
import { ReferenceSigner } from "../../../src/reference/sign/signature.js";
import { SigningKeys } from "../../../src/reference/sign/signing-keys.js";
import { assert, assertEqual } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

const NOW = 1_700_000_000_000;
const keys = new SigningKeys([
  ["k1", Buffer.alloc(32, 1)],
  ["k2", Buffer.alloc(32, 2)],
]);
const signers = [undefined, 60_000].map((ttl) => new ReferenceSigner({ keys, activeKeyId: "k1", ttl, now: () => NOW }));

const NATIVE = {
  $storageRef: "outputs/s/a.json",
  $storageContentType: "application/json",
  $storageSize: 12,
  $storageDigest: `sha256-${"A".repeat(43)}`,
};

const isReference = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && referenceGrammar(value as Record<string, unknown>) === GRAMMARS.native;

/** `[reference, audience, the same as somebody changed it, another audience, expires?, characters of the signature changed]` */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    [NATIVE, "tenant-1", NATIVE, "tenant-1", 0, ""],
    [NATIVE, null, { ...NATIVE, $storageOffset: 0 }, null, 1, ""],
    [{ ...NATIVE, $storageSchema: "é" }, "a", { ...NATIVE, $storageSchema: "e\u0301" }, "a", 0, ""],
    [NATIVE, "a", NATIVE, null, 1, ""],
    [NATIVE, null, { ...NATIVE, $storageSize: 12.5 }, null, 1, "k2"],
    [NATIVE, null, NATIVE, null, 0, "k1:AAAA"],
    [NATIVE, null, NATIVE, null, 1, `k1:${"A".repeat(51)}`],
  ],
  run(input) {
    if (!Array.isArray(input)) return;
    const [original, audienceThen, changed, audienceNow, expires, forged] = input as unknown[];
    if (!isReference(original) || !isReference(changed) || signedFields(original) === undefined) return;
    const [then, now] = [audienceThen, audienceNow].map((text) => (typeof text === "string" ? text : undefined));
    const signer = signers[expires === 1 ? 1 : 0]!;
    const signature = signer.forCall(then).sign(original);
    const genuine = signer.check({ ...original, $storageSignature: signature }, then);
    assertEqual(genuine.status, "valid", "What was signed");

    // Written over the beginning of the signature.
    const start = typeof forged === "string" ? forged : "";
    const text = start + signature.slice(start.length);
    const before = JSON.stringify(changed);
    const { status } = signer.check({ ...changed, $storageSignature: text }, now);
    assertEqual(JSON.stringify(changed), before, "The reference after it was checked");
    const [signed, read] = [signedFields(original)!, signedFields(changed)];
    const isSame =
      text === signature && then === now && JSON.stringify(sorted(signed)) === JSON.stringify(sorted(read));
    assert((status === "valid") === isSame, isSame ? "A genuine signature is refused." : "A signature was forged.");
  },
});

function sorted(fields: object | undefined): unknown {
  return fields === undefined ? undefined : Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}
