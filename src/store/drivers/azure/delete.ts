import type { DriverCall } from "../driver-store.js";
import { isNotFound } from "../../../errors/error.js";
import type { DeleteOptions } from "../../store.js";
import type { AzureContainer } from "./container.js";
import { quotedEtag } from "../object-info.js";

/** Deletes one object, and its snapshots. A missing one is no error, except under a condition. */
export async function deleteObject(
  container: AzureContainer,
  path: string,
  { ifMatch }: DeleteOptions,
  call: DriverCall,
): Promise<void> {
  const name = container.blobName(path, call.details);
  try {
    await container.send(call, ({ client, abortSignal }) =>
      client.getBlobClient(name).delete({
        abortSignal,
        deleteSnapshots: "include", // Azure refuses to delete a blob and keep them
        ...(ifMatch !== undefined && { conditions: { ifMatch: quotedEtag(ifMatch) } }),
      }),
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
