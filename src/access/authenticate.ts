import type { Grammar } from "../reference/grammar.js";
import { signatureInvalid, type AuthenticReference, type CheckedSignature } from "../reference/sign/signature.js";
import type { ManagerSettings } from "../configure/settings.js";

type Reference = Readonly<Record<string, unknown>>;
type SignatureSettings = Pick<ManagerSettings, "signing" | "audience">;

/**
 * Returns the fields that the signature of a reference vouches for; `undefined` where no signature is required. Do
 * nothing else with a reference before this check. Afterwards use only the returned fields.
 *
 * @param value an object that `referenceGrammar` recognised as a reference in `grammar`
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

/** Returns the status of a reference's signature; `undefined` where no signature is required. */
export function checkSignature(
  value: Reference,
  grammar: Grammar,
  { signing, audience }: SignatureSettings,
): CheckedSignature | undefined {
  if (signing === undefined) return undefined;
  // References of BubuStack have no field for a signature.
  const checked: CheckedSignature =
    grammar.dialect === "native" ? signing.signer.check(value, audience) : { status: "unsigned" };
  return checked.status === "unsigned" && signing.allowUnsigned ? undefined : checked;
}
