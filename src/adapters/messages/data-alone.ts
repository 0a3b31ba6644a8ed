import { serialize } from "../../json/serialize.js";
import { settingsOf, type StorageManager } from "../../manager/storage-manager.js";
import { findReferences } from "../../reference/find-references.js";
import { isReference, referencesIn } from "../../reference/references-in.js";
import { textOf, type FormedBody } from "./body-form.js";

/*
 * What is packed is data alone: it comes back as it was, whatever it looks like. A manager may have been told otherwise for its own
 * payloads, as to pass references on, or to sort keys.
 */

/** Options of `dehydrate` that escape references in the data. The other dialect has no escapes. */
export function asData(manager: StorageManager): { references?: "escape" } {
  return isNative(manager) ? { references: "escape" } : {};
}

/** A body in the form in which it comes back byte for byte: as a text or bytes where its JSON would not. */
export function safeForm(formed: FormedBody, body: string | Uint8Array, manager: StorageManager): FormedBody {
  if (formed.form !== "json" || !isChanged(formed.value, body, manager)) return formed;
  return typeof body === "string" ? { form: "text", value: body } : { form: "binary", value: body };
}

/** Whether hydration would give other JSON: what references stand for, or keys in another order. */
function isChanged(value: unknown, body: string | Uint8Array, manager: StorageManager): boolean {
  const native = isNative(manager);
  // Signed ones pass by themselves.
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
