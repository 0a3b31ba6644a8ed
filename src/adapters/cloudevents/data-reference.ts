import { StorageError } from "../../errors/error.js";
import { sha256Digest } from "../../bytes/digest.js";
import type { MessageFormat } from "../messages/message-format.js";
import { invalidOptions } from "../../options/parse-options.js";
import { invalidReference, parseLocation } from "../../reference/location.js";
import { isReference } from "../../reference/references-in.js";

/*
 * https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/dataref.md: the attribute `dataref` leads to
 * the same bytes as `data`. Next to it is an extension of this library, which readers may ignore: `datarefdigest`,
 * the SHA-256 of the bytes.
 */

const REFERENCE = "dataref";
const DIGEST = "datarefdigest";

/** Location of the objects of events. */
export interface DataLocation {
  /** Base URI for paths in the manager's store, such as `s3://bucket/prefix`. */
  readonly base?: string | undefined;
  readonly allow?: readonly string[] | undefined;
}

/** Returns the format that writes and reads `dataref`. */
export function dataReference({ base, allow }: DataLocation): MessageFormat {
  const root = base === undefined ? undefined : `${base.replace(/\/$/, "")}/`;

  const uriOf = (ticket: unknown): string => {
    const path = bareObject(ticket);
    if (parseLocation(path).target !== undefined) return path;
    if (root === undefined) throw noBase();
    return `${root}${path}`;
  };

  const pathOf = (uri: unknown): string => {
    if (typeof uri !== "string") throw invalidReference("dataref is no text");
    if (root !== undefined && uri.startsWith(root)) return uri.slice(root.length);
    if (parseLocation(uri).target === undefined) throw invalidReference("dataref is no absolute URI of a store");
    return uri;
  };

  const read: MessageFormat["read"] = ({ attributes }) => ({
    $bubuStorageRef: pathOf(attributes.get(REFERENCE)),
    $bubuStorageContentType: "application/octet-stream",
  });

  return {
    name: "CloudEvents",
    whole: true,
    detect: ({ attributes }) => attributes.has(REFERENCE),
    write: (ticket, message) => {
      const bytes = typeof message.body === "string" ? Buffer.from(message.body) : message.body;
      const own = [
        [REFERENCE, uriOf(ticket)],
        [DIGEST, sha256Digest(bytes)],
      ] as const;
      return { ...message, body: "", attributes: new Map([...message.attributes, ...own]) };
    },
    read,
    open: async (message, manager, options) => {
      const limits = { ...options, ...(allow !== undefined && { allow }) };
      const bytes = (await manager.hydrate(read(message), limits)) as Uint8Array; // binary data hydrates to bytes
      const digest = message.attributes.get(DIGEST);
      if (digest === undefined || digest === sha256Digest(bytes)) return bytes;
      throw new StorageError("INTEGRITY", "The data of the event is not what its datarefdigest says.", {
        operation: "unpack",
      });
    },
    restore: (message) => {
      const attributes = new Map(message.attributes);
      attributes.delete(REFERENCE);
      attributes.delete(DIGEST);
      return { ...message, attributes };
    },
    references: ({ attributes }) => [pathOf(attributes.get(REFERENCE))],
  };
}

/** Returns the path of an object that holds only the data. */
function bareObject(ticket: unknown): string {
  if (!isReference(ticket)) throw noBase();
  if ("$bubuStorageRef" in ticket) return ticket.$bubuStorageRef;
  if (ticket.$storageEncoding === undefined && ticket.$storageOffset === undefined) return ticket.$storageRef;
  throw new StorageError(
    "UNSUPPORTED",
    "The data of an event can't be stored with codecs: dataref leads to the data as it is. Use a manager without.",
    { operation: "pack" },
  );
}

function noBase(): StorageError {
  const problem = "base: must say the URI of the manager's store, such as s3://bucket/prefix";
  return invalidOptions("cloudEventsOffload", problem);
}
