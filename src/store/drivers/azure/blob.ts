import type { DriverCall } from "../driver-store.js";
import { foundOrMissing } from "../../../errors/error.js";
import type { DeleteOptions, ObjectInfo } from "../../store.js";
import { quotedEtag } from "../object-info.js";
import type { AzureContainer } from "./container.js";
import { assertBlob, statedSize, toObjectInfo } from "./object-info.js";

/**
 * Describes an object by Get Blob Properties. Returns `undefined` if the object is missing. Fails as
 * `CONTAINER_NOT_FOUND` if the container is missing.
 */
export async function statObject(
  container: AzureContainer,
  path: string,
  call: DriverCall,
): Promise<ObjectInfo | undefined> {
  const name = container.blobName(path, call.details);
  // Azure says in a header whether the blob or the container is missing, so a HEAD is enough.
  const asked = container.send(call, ({ client, abortSignal }) =>
    client.getBlobClient(name).getProperties({ abortSignal }),
  );
  const properties = await foundOrMissing(asked);
  if (properties === undefined) return undefined;
  assertBlob(properties, call);
  return toObjectInfo(path, statedSize(properties.contentLength, call), properties);
}

/** Deletes one object and its snapshots. */
export async function deleteObject(
  container: AzureContainer,
  path: string,
  { ifMatch }: DeleteOptions,
  call: DriverCall,
): Promise<void> {
  const name = container.blobName(path, call.details);
  await container.send(call, ({ client, abortSignal }) =>
    client.getBlobClient(name).delete({
      abortSignal,
      deleteSnapshots: "include", // otherwise Azure refuses to delete a blob that has snapshots
      ...(ifMatch !== undefined && { conditions: { ifMatch: quotedEtag(ifMatch) } }),
    }),
  );
}
