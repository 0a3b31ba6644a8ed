import { serialize } from "../../json/serialize.js";
import { settingsOf, type StorageManager } from "../../manager/storage-manager.js";
import { findReferences } from "../../reference/find-references.js";
import { isReference, referencesIn } from "../../reference/references-in.js";
import { textOf, type FormedBody } from "./body-form.js";

/*
 * A packed message is data, and comes back unchanged, whatever it looks like. The options of a manager may treat its own
 * payloads differently: pass references on, or sort keys.
 */

/** Returns options of `dehydrate` that escape references in the data. The dialect `bubustack` has no escapes. */
export function asData(manager: StorageManager): { references?: "escape" } {
  return isNative(manager) ? { references: "escape" } : {};
}

/** Returns a body in a form that comes back byte for byte. If its JSON would change, that is a text, or bytes. */
export function safeForm(formed: FormedBody, body: string | Uint8Array, manager: StorageManager): FormedBody {
  if (formed.form !== "json" || !isChanged(formed.value, body, manager)) return formed;
  return typeof body === "string" ? { form: "text", value: body } : { form: "binary", value: body };
}

/** Says whether hydration would change the JSON: by following a reference, or by another order of keys. */
function isChanged(value: unknown, body: string | Uint8Array, manager: StorageManager): boolean {
  const native = isNative(manager);
  // A signed reference is followed even where references are escaped.
  const followed = findReferences(value, undefined, (object) => {
    return (isReference(object) && (!native || Object.hasOwn(object, "$storageSignature"))) || undefined;
  });
  if (followed.next().done !== true) return true;
  if (settingsOf(manager)?.canonical !== true) return false;
  return serialize(value, true) !== (typeof body === "string" ? body : textOf(body));
}

function isNative(manager: StorageManager): boolean {
  const dialect = settingsOf(manager)?.dialect;
  if (dialect !== undefined) return dialect === "native";
  const [found] = referencesIn(manager.plan("probe", { maxInlineSize: 0 }).value);
  return found === undefined || "$storageRef" in found.reference;
}
