import type { Grammar } from "../reference/grammar.js";
import { signatureInvalid, type AuthenticReference, type CheckedSignature } from "../reference/sign/signature.js";
import type { ManagerSettings } from "../configure/settings.js";

type Reference = Readonly<Record<string, unknown>>;
type SignatureSettings = Pick<ManagerSettings, "signing" | "audience">;

/**
 * What the signature of a reference vouches for, `undefined` where none is asked for. Nothing else is to be done with a
 * reference before, and what is used of it afterwards are the fields that are given here.
 *
 * @param value what `referenceGrammar` found to be a reference in `grammar`
 * @throws {StorageError} `SIGNATURE_INVALID`
 */
export function authenticate(
  value: Reference,
  grammar: Grammar,
  settings: SignatureSettings,
  operation: string,
): AuthenticReference | undefined {
  const checked = checkSignature(value, grammar, settings);
  if (checked === undefined || checked.status === "valid") return checked;
  throw signatureInvalid(checked.status, operation);
}

/** What there is to say of a reference's signature; `undefined` where none is asked for. */
export function checkSignature(
  value: Reference,
  grammar: Grammar,
  { signing, audience }: SignatureSettings,
): CheckedSignature | undefined {
  if (signing === undefined) return undefined;
  // BubuStack's references have no field for one.
  const checked: CheckedSignature =
    grammar.dialect === "native" ? signing.signer.check(value, audience) : { status: "unsigned" };
  return checked.status === "unsigned" && signing.allowUnsigned ? undefined : checked;
}
