import type { DriverCall } from "../driver-store.js";
import { comparePaths } from "../../../paths/path.js";
import type { ListOptions, ObjectInfo } from "../../store.js";
import { listPages, type ListedPage } from "../list-pages.js";
import { answerObject, foreignAnswer, type GcsBucket } from "./bucket.js";
import { OBJECT_FIELDS, toObjectInfo, type ObjectResource } from "./object-info.js";
import { fromObjectName, toObjectName } from "./object-name.js";
import { missingBucket } from "./object.js";

// The maximum number of objects on one page (JSON API, "Objects: list").
const MAX_RESULTS = 1000;

interface Page {
  items?: ObjectResource[];
  nextPageToken?: string;
}

/** Lists objects. GCS sorts them by UTF-8 bytes. */
export function listObjects(
  bucket: GcsBucket,
  prefix: string,
  options: ListOptions,
  call: DriverCall,
): AsyncIterable<ObjectInfo> {
  const fetch = async (wanted: number, token: string | undefined): Promise<ListedPage<ObjectResource>> => {
    const page = await fetchPage(bucket, prefix, { ...options, limit: wanted }, token, call);
    const { nextPageToken: next = "" } = page;
    return { objects: pathsOf(bucket, page), isLast: next === "", next };
  };
  return listPages(prefix, options, call, fetch, (path, resource) => toObjectInfo(path, resource, call));
}

async function fetchPage(
  bucket: GcsBucket,
  prefix: string,
  { startAfter, limit }: ListOptions & { limit: number },
  token: string | undefined,
  call: DriverCall,
): Promise<Page> {
  // One more than wanted, since `startOffset` is listed too.
  const maxResults = bucket.isGoogle ? Math.min(MAX_RESULTS, limit + (startAfter === undefined ? 0 : 1)) : MAX_RESULTS;
  const query = {
    prefix: toObjectName(bucket.options.prefix + prefix),
    maxResults: String(maxResults),
    fields: `nextPageToken,items(${OBJECT_FIELDS})`,
    pageToken: token,
    ...(startAfter !== undefined && { startOffset: toObjectName(bucket.options.prefix + startAfter) }),
  };
  try {
    const answer = await bucket.send(call, { method: "GET", target: bucket.target(), query, idempotent: true });
    const page: Page = answerObject(answer, call);
    if (!isPage(page)) throw foreignAnswer(call.details);
    return page;
  } catch (error) {
    throw missingBucket(error, call);
  }
}

function isPage({ items = [], nextPageToken = "" }: Page): boolean {
  if (typeof nextPageToken !== "string" || !Array.isArray(items)) return false;
  return items.every((item: Partial<ObjectResource> | null) => typeof item?.name === "string");
}

function pathsOf(bucket: GcsBucket, { items = [] }: Page): [path: string, resource: ObjectResource][] {
  const paths = items.map((resource): [string, ObjectResource] => {
    const path = fromObjectName(resource.name ?? "");
    return [path.startsWith(bucket.options.prefix) ? path.slice(bucket.options.prefix.length) : "", resource];
  });
  // The emulator sorts by UTF-16 code units. Its pages are requested whole, so that a limit does not cut off the
  // wrong objects.
  return bucket.isGoogle ? paths : paths.sort(([a], [b]) => comparePaths(a, b));
}
