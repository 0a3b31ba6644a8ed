import { assertPath } from "../../paths/path.js";
import { formatPayloadPath } from "../../plan/payload-path.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { FoundReference } from "../../reference/references-in.js";
import type { ObjectInfo } from "../../store/store.js";
import { Refusal } from "../answers.js";
import { infoOf, objectEntries, type ObjectReader } from "../object-entries.js";
import type { View } from "../visit.js";

const PAGE = 100;
const MAX_PAGE = 1000;

// Most entries, and references of each entry, that a page shows for one object. Nobody reads more.
const MAX_ENTRIES = 1000;
const MAX_REFERENCES = 50;

/** Answers with one page of the objects below a prefix. */
export const objects: View = async ({ manager, query, signal }) => {
  const limit = limitOf(query.get("limit"));
  const startAfter = query.get("after") ?? undefined;
  const listed: ObjectInfo[] = [];
  for await (const object of manager.list(query.get("prefix") ?? "", { startAfter, limit: limit + 1, signal })) {
    listed.push(object);
  }
  const page = listed.slice(0, limit);
  return { objects: page.map(infoOf), ...(listed.length > limit && { next: page.at(-1)!.path }) };
};

/** Answers with one object and its entries. The answer has no values, but the references in the values. */
export const object: View = async ({ manager, query, signal }) => {
  const path = query.get("path") ?? "";
  assertPath(path, "inspect", manager.store?.name ?? "");
  const { info, entries, note } = await objectEntries(path, readerOf(manager), signal);
  return {
    object: info,
    note,
    entries: entries.slice(0, MAX_ENTRIES).map((entry) => ({
      ...entry,
      references: entry.references.slice(0, MAX_REFERENCES).map(referenceRow),
      moreReferences: Math.max(entry.references.length - MAX_REFERENCES, 0),
    })),
    moreEntries: Math.max(entries.length - MAX_ENTRIES, 0),
  };
};

/** Describes a reference and its place. */
export function referenceRow({ path, reference }: FoundReference): object {
  return { at: formatPayloadPath(path), reference };
}

/** Reads through the methods of the manager, so that a tenant's manager reads nothing outside its prefixes. */
function readerOf(manager: StorageManager): ObjectReader {
  return {
    name: manager.store?.name ?? "",
    async stat(path, options) {
      // In the order of paths, a path comes before all longer paths that begin with it.
      for await (const found of manager.list(path, { ...options, limit: 1 })) if (found.path === path) return found;
      return undefined;
    },
    readWhole: (path, options) => manager.readBlob(path, options),
  };
}

function limitOf(text: string | null): number {
  if (text === null) return PAGE;
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_PAGE) return Number(text);
  throw new Refusal(400, "BAD_REQUEST", `The limit must be a number from 1 to ${MAX_PAGE}.`);
}
