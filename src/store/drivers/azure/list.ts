import type { DriverCall } from "../driver-store.js";
import type { BlobItem } from "@azure/storage-blob";
import { StorageError } from "../../../errors/error.js";
import { comparePaths, pathProblem } from "../../../paths/path.js";
import type { ListOptions, ObjectInfo } from "../../store.js";
import { listPages, type ListedPage } from "../list-pages.js";
import type { AzureContainer } from "./container.js";
import { foreignAnswer, statedSize, toObjectInfo } from "./object-info.js";

/** Lists objects. Azure sorts them: see blob-name.ts. */
export function listObjects(
  container: AzureContainer,
  prefix: string,
  options: ListOptions,
  call: DriverCall,
): AsyncIterable<ObjectInfo> {
  const { pageSize } = container.options;
  let last: string | undefined;
  function* inOrder(blobs: readonly BlobItem[]): Generator<readonly [path: string | undefined, blob: BlobItem]> {
    for (const blob of blobs) {
      const path = container.pathOf(blob.name);
      const isForeign = path === undefined || pathProblem(path) !== undefined;
      if (!isForeign && last !== undefined && comparePaths(last, path) >= 0) throw disorder(call);
      if (!isForeign) last = path;
      yield [path, blob];
    }
  }
  const fetch = async (wanted: number, token: string | undefined): Promise<ListedPage<BlobItem>> => {
    // Azure can't begin after a name, so the skipped blobs must be fetched too.
    const maxPageSize = options.startAfter === undefined ? Math.min(pageSize, wanted) : pageSize;
    const page = await container.send(call, async ({ client, abortSignal }) => {
      const pages = client.listBlobsFlat({ prefix: container.blobPrefix(prefix), abortSignal }).byPage({
        maxPageSize,
        ...(token !== undefined && { continuationToken: token }),
      });
      const next = await pages.next();
      return next.done === true ? undefined : next.value;
    });
    if (page === undefined) return { objects: [], isLast: true };
    if (!isPage(page)) throw foreignAnswer(call.details);
    const { continuationToken: next = "" } = page;
    return { objects: inOrder(page.segment.blobItems), isLast: next === "", next };
  };
  return listPages(prefix, options, call, fetch, (path, { properties }) => {
    const { etag, lastModified, contentType, contentLength } = properties;
    return toObjectInfo(path, statedSize(contentLength, call), { etag, lastModified, contentType });
  });
}

/** Tells whether a page is one of Azure. The SDK makes a page from any XML, and even from HTML. */
function isPage(page: unknown): boolean {
  const { segment, serviceEndpoint } = page as { segment?: { blobItems?: unknown }; serviceEndpoint?: unknown };
  if (typeof serviceEndpoint !== "string" || !Array.isArray(segment?.blobItems)) return false;
  return segment.blobItems.every((blob: Partial<BlobItem> | null) => {
    return typeof blob?.name === "string" && typeof blob.properties === "object";
  });
}

function disorder({ details }: DriverCall): StorageError {
  const message =
    "The server does not list blobs in the order of their names, as in an account with a hierarchical namespace.";
  return new StorageError("UNEXPECTED", message, details);
}
