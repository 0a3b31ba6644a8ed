import * as z from "zod/mini";
import { isMediaType } from "../reference/fields.js";
import { filenameOf } from "../reference/media-type.js";
import { isStorageError, StorageError } from "../errors/error.js";
import { isFilename } from "../paths/filename.js";
import { formatLocation, type Location } from "../paths/location.js";
import { parseOptions } from "../options/parse-options.js";
import type { EventDetails } from "../observe/recorder.js";
import { invalidReference } from "../reference/location.js";
import type { BubustackReference, StorageReference } from "../reference/reference.js";
import { contentAddressedDigest, isReplacement } from "../object/object-name.js";
import { restated } from "../errors/as-storage-error.js";
import type { PresignOptions, Store } from "../store/store.js";
import { admitLocation } from "../access/admit.js";
import { allowListOf, denied, locationOf, ownPrefixes } from "../configure/confine.js";
import { callStore, requireStore, type ManagerParts } from "../call/call.js";
import { assertWhole, checkedReference } from "../access/checked-reference.js";
import type { OpenOptions } from "../configure/options.js";
import { type ManagerSettings } from "../configure/settings.js";
import { given, openSettings } from "../configure/call-settings.js";

/** Makes a URL for one object. See `StorageManager.presign`. */
export async function presign(
  parts: ManagerParts,
  target: string | StorageReference | BubustackReference,
  options: PresignOptions & Pick<OpenOptions, "audience" | "signal">,
): Promise<string> {
  const { audience, signal: callSignal, ...asked } = presignOptions(parts.settings, options);
  const others = given({ audience, signal: callSignal });
  const { settings, signal } = openSettings(parts.settings, others, "presign");
  const details: EventDetails = { store: settings.store?.name, objects: 1 };
  return callStore(parts, "presign", details, { signal }, () =>
    presignTarget(target, given(asked) as PresignOptions, settings),
  );
}

function presignOptions(
  { maxPresignExpiry }: ManagerSettings,
  options: PresignOptions & Pick<OpenOptions, "audience" | "signal">,
): PresignOptions & Pick<OpenOptions, "audience" | "signal"> {
  const schema = z.strictObject({
    method: z.enum(["GET", "PUT"]),
    expiresIn: z
      .int()
      .check(z.gte(1), z.lte(maxPresignExpiry, `must be at most ${maxPresignExpiry} seconds (maxPresignExpiry)`)),
    filename: z.optional(
      z.string().check(z.refine(isFilename, "must be a name without control characters or lone surrogates")),
    ),
    contentType: z.optional(z.string().check(z.refine(isMediaType, "must be a media type"))),
    // These are checked like the options of every call.
    audience: z.optional(z.custom<string>()),
    signal: z.optional(z.custom<AbortSignal>()),
  });
  const forGet = schema.check(
    ...(["filename", "contentType"] as const).map((name) =>
      z.refine<z.output<typeof schema>>((value) => value.method === "GET" || value[name] === undefined, {
        path: [name],
        error: "is for GET: it says what the answer has",
      }),
    ),
  );
  return parseOptions(forGet, options, "presign");
}

/** Makes the URL. The signature of a reference is checked before its other fields. */
async function presignTarget(target: unknown, asked: PresignOptions, settings: ManagerSettings): Promise<string> {
  const { method } = asked;
  const store = requireStore(settings, "presign");
  const { location, filename } =
    typeof target === "string"
      ? { location: locationOf(target, "object path", "presign", store.name), filename: undefined }
      : referencedObject(target, method, settings);
  admitLocation(location, allowListOf(settings), store, "presign");
  if (method === "PUT") assertWritable(location, settings, store);
  if (typeof store.presign !== "function") throw withoutUrls(store); // A user's own store may lack this method.
  const path = formatLocation(location);
  if (filename === undefined || asked.filename !== undefined) return store.presign(path, asked);
  try {
    return await store.presign(path, { ...asked, filename });
  } catch (error) {
    // The caller did not ask for the file name, so the URL goes without it.
    if (!isStorageError(error, "UNSUPPORTED")) throw error;
    return store.presign(path, asked);
  }
}

function referencedObject(
  target: unknown,
  method: PresignOptions["method"],
  settings: Pick<ManagerSettings, "signing" | "audience">,
): { location: Location; filename: string | undefined } {
  try {
    const checked = checkedReference(target, settings, "presign");
    const { location, offset, contentType, encoding } = checked.reference;
    if (method === "PUT") {
      throw invalidReference("what it points at is never written again; a PUT is for a path of your own");
    }
    assertWhole(checked);
    if (offset !== undefined) {
      throw invalidReference(
        "it points at a part of a pack, and a URL gives the whole of it; open or hydrate it, or dehydrate with pack: false",
      );
    }
    // An encoded object is not the file of that name.
    return { location, filename: encoding === undefined ? filenameOf(contentType ?? "") : undefined };
  } catch (error) {
    throw restated(error as StorageError, { operation: "presign" });
  }
}

// A path in `allow` may be read, but not written.
function assertWritable(location: Location, settings: ManagerSettings, { name }: Store): void {
  if (!ownPrefixes(settings).admits(location)) {
    throw denied(
      "A PUT leads outside of the manager's own prefixes; choose a path below outputPrefix or inputPrefix",
      "presign",
      name,
    );
  }
  if (contentAddressedDigest(location.path) === undefined && !isReplacement(location.path)) return;
  throw denied("What is named by its content is never written again; a PUT is for a path of your own", "presign", name);
}

function withoutUrls({ name }: Store): StorageError {
  const message = "The store has no URLs that can be given away. Stream the object with open instead.";
  return new StorageError("UNSUPPORTED", message, { operation: "presign", store: name });
}
