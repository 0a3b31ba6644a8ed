import { signedFields } from "../reference/sign/canonical-reference.js";
import { FIELDS } from "../reference/fields.js";
import { invalidReference } from "../reference/location.js";
import { parseSelector } from "../reference/selector.js";
import { checkedReference } from "./checked-reference.js";
import type { ManagerSettings } from "../configure/settings.js";

/**
 * Returns a reference to a part of the value that another reference selects. It is signed like the other one, for the
 * same audience and until the same time. A part of an unsigned reference stays unsigned.
 *
 * @throws {StorageError} `SIGNATURE_INVALID`, `INVALID_REFERENCE`
 */
export function selectPart(
  value: unknown,
  path: string,
  settings: Pick<ManagerSettings, "signing" | "audience">,
): Record<string, unknown> {
  const { grammar, reference, fields, authentic } = checkedReference(value, settings, "select");
  const selector = joinSelectors(reference.path ?? "", path);
  const part: Record<string, unknown> = {};
  for (const [key, field] of grammar.fields) {
    const said = field === "path" ? selector || undefined : Object.hasOwn(fields, key) ? fields[key] : undefined;
    // A signature that was not required is not copied to the new reference.
    if (field !== "signature" && said !== undefined) part[key] = said;
  }
  if (authentic !== undefined) {
    const claims = { audience: settings.audience, expires: authentic.expires };
    part[FIELDS.signature.native] = settings.signing!.signer.sign(signedFields(part)!, claims);
  }
  return part;
}

/** Returns a selector that applies `inner` to the result of `outer`. */
function joinSelectors(outer: string, inner: string): string {
  parseSelector(inner);
  if (!inner.isWellFormed()) throw invalidReference("its selector holds a lone surrogate");
  const begin = outer.trim();
  const end = inner.trim();
  if (begin === "" || end === "") return begin + end;
  // A selector after [*] selects in each item, not in the array of items.
  if (parseSelector(begin).some(({ kind }) => kind === "each")) {
    throw invalidReference("it selects by [*] already, and from what that gives no part can be selected");
  }
  const joined = /^[.[]/.test(end) ? begin + end : `${begin}.${end}`;
  parseSelector(joined);
  return joined;
}
