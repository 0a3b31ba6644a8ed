import type { DriverCall } from "../driver-store.js";
import type { BlobItem } from "@azure/storage-blob";
import { throwIfAborted } from "../../../async/abort.js";
import { isListed } from "../../check.js";
import { StorageError } from "../../../errors/error.js";
import { comparePaths, pathProblem } from "../../../paths/path.js";
import type { ListOptions, ObjectInfo } from "../../store.js";
import type { AzureContainer } from "./container.js";
import { foreignAnswer, statedSize, toObjectInfo } from "./object-info.js";

/**
 * Lists objects page by page. Fetches each page when the one before is used up. Azure sorts the objects: see
 * blob-name.ts.
 */
export async function* listObjects(
  container: AzureContainer,
  prefix: string,
  options: ListOptions,
  call: DriverCall,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const { startAfter, limit = Infinity } = options;
  let left = limit;
  if (left === 0) return;
  let last: string | undefined;
  for await (const blob of listBlobs(container, container.blobPrefix(prefix), options, call)) {
    const path = container.pathOf(blob.name);
    // The container may also hold foreign blobs, which are not objects of this store.
    if (path === undefined || pathProblem(path) !== undefined) continue;
    if (last !== undefined && comparePaths(last, path) >= 0) throw disorder(call);
    last = path;
    if (!isListed(path, prefix, startAfter)) continue;
    throwIfAborted(call.signal, call.details);
    const { etag, lastModified, contentType, contentLength } = blob.properties;
    yield toObjectInfo(path, statedSize(contentLength, call), { etag, lastModified, contentType });
    if (--left === 0) return;
  }
}

async function* listBlobs(
  container: AzureContainer,
  prefix: string,
  { startAfter, limit }: ListOptions,
  call: DriverCall,
): AsyncGenerator<BlobItem, void, undefined> {
  const { pageSize } = container.options;
  // Azure can't begin after a name, so the skipped blobs must be fetched too.
  const maxPageSize = startAfter === undefined ? Math.min(pageSize, limit ?? pageSize) : pageSize;
  let token: string | undefined;
  do {
    const page = await container.send(call, async ({ client, abortSignal }) => {
      const pages = client.listBlobsFlat({ prefix, abortSignal }).byPage({
        maxPageSize,
        ...(token !== undefined && { continuationToken: token }),
      });
      const next = await pages.next();
      return next.done === true ? undefined : next.value;
    });
    if (page === undefined) return;
    if (!isPage(page)) throw foreignAnswer(call.details);
    yield* page.segment.blobItems;
    token = page.continuationToken;
  } while (token !== undefined && token !== "");
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
