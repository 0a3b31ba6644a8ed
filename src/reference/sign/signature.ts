import { timingSafeEqual } from "node:crypto";
import { StorageError } from "../../errors/error.js";
import { canonicalText, signedFields, type SignedClaims, type SignedFields } from "./canonical-reference.js";
import { FIELDS } from "../fields.js";
import type { SigningKeys } from "./signing-keys.js";

const SIGNATURE_KEY = FIELDS.signature.native;

const EXPIRY_BYTES = 6;
const MAX_EXPIRES = 2 ** (8 * EXPIRY_BYTES) - 1;

// Key id, and base64url (RFC 4648, section 5, unpadded) of 32 bytes of MAC, or of 6 bytes of expiry and the MAC.
const SIGNATURE = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{51})$/;

/** Why a reference is not accepted. */
export type SignatureProblem = "unsigned" | "malformed" | "unknown-key" | "mismatch" | "expired";

/** A reference that one of the keys signed, for the audience that was asked for. */
export interface AuthenticReference {
  /** The fields as they were verified. */
  readonly fields: SignedFields;
  /** Seconds since 1970-01-01T00:00:00Z, from which on the reference is refused. */
  readonly expires: number | undefined;
}

/** The result of checking a signature. An expired signature is still authentic. */
export type CheckedSignature =
  | ({ readonly status: "valid" | "expired" } & AuthenticReference)
  | { readonly status: Exclude<SignatureProblem, "expired"> };

/** Returns whether one of the keys signed the reference, however long ago. */
export function isAuthentic(checked: CheckedSignature): checked is Extract<CheckedSignature, AuthenticReference> {
  return checked.status === "valid" || checked.status === "expired";
}

/** Signs the references that one call writes. All of them expire at the same time. */
export interface CallSigner {
  /** A text as long as every signature that {@link CallSigner.sign} returns. */
  readonly sample: string;
  /**
   * Returns the signature of a reference, over all its fields but the signature.
   *
   * @param reference fields in the native grammar, as they are written
   */
  sign(reference: Readonly<Record<string, unknown>>): string;
}

export interface ReferenceSignerOptions {
  readonly keys: SigningKeys;
  /** Id of the key that signs. It is one of the keys. */
  readonly activeKeyId: string;
  /** Milliseconds that a reference is accepted for. If absent, it does not expire. */
  readonly ttl: number | undefined;
  /** Returns the milliseconds since 1970-01-01T00:00:00Z. */
  readonly now: () => number;
}

/** Signs references and checks their signatures. The signature is HMAC-SHA-256 over {@link canonicalText}. */
export class ReferenceSigner {
  readonly #options: ReferenceSignerOptions;

  constructor(options: ReferenceSignerOptions) {
    this.#options = options;
  }

  /** Begins a call that writes references for an audience. They expire `ttl` after the first of them is signed. */
  forCall(audience: string | undefined): CallSigner {
    const { activeKeyId, ttl } = this.#options;
    let expires: number | undefined;
    return {
      sample: formatSignature(activeKeyId, Buffer.alloc(32), ttl === undefined ? undefined : 0),
      sign: (reference) => {
        if (ttl !== undefined) expires ??= this.#expiryIn(ttl);
        const fields = signedFields(reference);
        if (fields === undefined)
          throw new TypeError("a reference that is signed holds well-formed text and whole numbers");
        return this.sign(fields, { audience, expires });
      },
    };
  }

  /** Returns the signature, by the active key, of fields and claims that are known to be good. */
  sign(fields: SignedFields, claims: SignedClaims): string {
    const { keys, activeKeyId } = this.#options;
    return formatSignature(activeKeyId, keys.mac(activeKeyId, canonicalText(fields, claims))!, claims.expires);
  }

  /**
   * Checks the signature of a reference in the native grammar. The MACs are compared in constant time. The expiry is
   * checked only when they are equal.
   */
  check(reference: Readonly<Record<string, unknown>>, audience: string | undefined): CheckedSignature {
    const signature = Object.hasOwn(reference, SIGNATURE_KEY) ? reference[SIGNATURE_KEY] : undefined;
    if (signature === undefined) return { status: "unsigned" };
    const parsed = typeof signature === "string" ? parseSignature(signature) : undefined;
    if (parsed === undefined) return { status: "malformed" };
    const { keyId, mac, expires } = parsed;
    if (!this.#options.keys.has(keyId)) return { status: "unknown-key" };
    const fields = signedFields(reference);
    if (fields === undefined) return { status: "mismatch" };
    const expected = this.#options.keys.mac(keyId, canonicalText(fields, { audience, expires }))!;
    if (!timingSafeEqual(expected, mac)) return { status: "mismatch" };
    return { status: this.#hasExpired(expires) ? "expired" : "valid", fields, expires };
  }

  // As in RFC 7519, section 4.1.4, a reference that expires now is refused. If the clock gives no number, it is
  // refused too.
  #hasExpired(expires: number | undefined): boolean {
    return expires !== undefined && !(this.#options.now() < expires * 1000);
  }

  /** Returns seconds, rounded up, so that a reference is accepted for at least the time that was asked for. */
  #expiryIn(ttl: number): number {
    const expires = Math.ceil((this.#options.now() + ttl) / 1000);
    if (expires >= 0 && expires <= MAX_EXPIRES) return expires;
    throw new StorageError("CONFIG_INVALID", "signing.clock and signing.ttl give no time that a signature can hold.", {
      operation: "sign",
    });
  }
}

const PROBLEMS: Readonly<Record<SignatureProblem, string>> = {
  unsigned: "it has none, and this manager reads signed references only; dehydrate the payload by a manager that signs",
  malformed: "it has not the form of one; see what changed the reference on its way",
  "unknown-key":
    "it was made by a key that this manager does not have; if the signer is yours, add that key to signing.keys",
  mismatch:
    "it is not that of this reference: the reference was changed, or was made for another audience, or by another key; hand references on as they are",
  expired: "it has expired; dehydrate the payload again, or sign with a longer signing.ttl",
};

/**
 * Makes the error of a reference whose signature is not accepted. The message repeats nothing of the reference, which
 * may come from anywhere.
 */
export function signatureInvalid(problem: SignatureProblem, operation: string): StorageError {
  return new StorageError("SIGNATURE_INVALID", `The signature of a reference is not accepted: ${PROBLEMS[problem]}.`, {
    operation,
  });
}

interface ParsedSignature {
  readonly keyId: string;
  readonly mac: Buffer;
  readonly expires: number | undefined;
}

function formatSignature(keyId: string, mac: Buffer, expires: number | undefined): string {
  if (expires === undefined) return `${keyId}:${mac.toString("base64url")}`;
  const bytes = Buffer.alloc(EXPIRY_BYTES + mac.byteLength);
  bytes.writeUIntBE(expires, 0, EXPIRY_BYTES);
  mac.copy(bytes, EXPIRY_BYTES);
  return `${keyId}:${bytes.toString("base64url")}`;
}

function parseSignature(text: string): ParsedSignature | undefined {
  const [, keyId, encoded] = SIGNATURE.exec(text) ?? [];
  if (keyId === undefined || encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, "base64url");
  // The last character has spare bits. Other values of these bits would be another text for the same signature.
  if (bytes.toString("base64url") !== encoded) return undefined;
  if (bytes.byteLength === 32) return { keyId, mac: bytes, expires: undefined };
  return { keyId, mac: bytes.subarray(EXPIRY_BYTES), expires: bytes.readUIntBE(0, EXPIRY_BYTES) };
}
