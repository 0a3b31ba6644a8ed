import { z } from "zod";
import { StorageError } from "../error.js";
import { formatLocation, type Location } from "../location.js";
import { parseOptions } from "../options.js";
import { invalidReference } from "../reference/location.js";
import { contentAddressedDigest } from "../store/compose/replicas/known-digest.js";
import { restated } from "../store/compose/routing/route.js";
import type { PresignOptions, Store } from "../store/store.js";
import { admitLocation, allowListOf } from "./admit.js";
import { checkedReference } from "./checked-reference.js";
import { denied, locationOf, ownPrefixes } from "./confine.js";
import type { OpenOptions } from "./options.js";
import { isReplacement } from "./replaced-entries.js";
import { requireStore } from "./require-store.js";
import type { ManagerSettings } from "./settings.js";

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function presignOptions(
  { maxPresignExpiry }: ManagerSettings,
  options: PresignOptions & OpenOptions,
): PresignOptions & OpenOptions {
  const schema = z.strictObject({
    method: z.enum(["GET", "PUT"]),
    expiresIn: z.int().min(1).max(maxPresignExpiry, `must be at most ${maxPresignExpiry} seconds (maxPresignExpiry)`),
    // Checked as those of every call.
    audience: z.custom<string>().optional(),
    signal: z.custom<AbortSignal>().optional(),
  });
  return parseOptions(schema, options, "presign");
}

/**
 * Makes a URL for one object that the manager may read, or for a PUT, write. The signature of a reference is looked at
 * before anything else of it.
 *
 * @param options checked
 */
export async function presignTarget(
  target: unknown,
  { method, expiresIn }: PresignOptions,
  settings: ManagerSettings,
): Promise<string> {
  const store = requireStore(settings, "presign");
  const location =
    typeof target === "string"
      ? locationOf(target, "object path", "presign", store.name)
      : referencedObject(target, method, settings);
  admitLocation(location, allowListOf(settings), store, "presign");
  if (method === "PUT") assertWritable(location, settings, store);
  if (typeof store.presign !== "function") throw withoutUrls(store); // users' own stores may lack it
  return store.presign(formatLocation(location), { method, expiresIn });
}

function referencedObject(
  target: unknown,
  method: PresignOptions["method"],
  settings: Pick<ManagerSettings, "signing" | "audience">,
): Location {
  try {
    const { reference, grammar } = checkedReference(target, settings, "presign");
    const { location, offset, path } = reference;
    if (method === "PUT") {
      throw invalidReference("what it points at is never written again; a PUT is for a path of your own");
    }
    if (path !== undefined) {
      throw invalidReference(`its ${grammar.keys.path!} selects a part, which only hydrate can do`);
    }
    if (offset !== undefined) {
      throw invalidReference(
        "it points at a part of a pack, and a URL gives the whole of it; open or hydrate it, or dehydrate with pack: false",
      );
    }
    return location;
  } catch (error) {
    throw restated(error as StorageError, { operation: "presign" });
  }
}

// What is in `allow` may be read.
function assertWritable(location: Location, settings: ManagerSettings, { name }: Store): void {
  if (!ownPrefixes(settings).admits(location)) {
    throw denied("A PUT leads outside of the manager's own prefixes", "presign", name);
  }
  if (contentAddressedDigest(location.path) === undefined && !isReplacement(location.path)) return;
  throw denied("What is named by its content is never written again; a PUT is for a path of your own", "presign", name);
}

function withoutUrls({ name }: Store): StorageError {
  const message = "The store has no URLs that can be given away.";
  return new StorageError("UNSUPPORTED", message, { operation: "presign", store: name });
}
