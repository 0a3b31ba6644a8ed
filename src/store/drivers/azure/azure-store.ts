import { pathRoom } from "../driver-options.js";
import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type { AzureSettings } from "../settings.js";
import { AmbientAccounts } from "./ambient-accounts.js";
import { loadSdk } from "./client.js";
import { AzureContainer } from "./container.js";
import { copyObject } from "./copy.js";
import { listObjects } from "./list.js";
import { MAX_BLOCKS, parseAzureOptions, type AzureStoreOptions } from "./options.js";
import { MAX_PRESIGN_SECONDS } from "../../check.js";
import { presignObject } from "./presign.js";
import { readObject } from "./read.js";
import { deleteObject, statObject } from "./blob.js";
import { writeObject } from "./write.js";

/**
 * Keeps objects in a container of Azure Blob Storage, as block blobs. The container must exist. Does not support
 * accounts with a hierarchical namespace (Data Lake Storage). There, a name is a directory or a blob, never both.
 *
 * Needs the package `@azure/storage-blob`, which is loaded at the first call. Without the package, calls fail as
 * `MISSING_DEPENDENCY`. Errors carry an `AzureFailure` as `cause`. It has Azure's error code, the HTTP status and the
 * request id.
 *
 * If a response is lost, the SDK sends the request again. A write with `ifNoneMatch` may then find its own object,
 * and fail as `ALREADY_EXISTS`. A write or delete with `ifMatch` may fail as `PRECONDITION_FAILED`.
 *
 * A delete also removes the snapshots of a blob. A listing can't begin in the middle. With `startAfter`, the earlier
 * pages are fetched too, and dropped. Presigned URLs need the option `presign`, and are valid for up to 604,800 s
 * (seven days). A PUT to such a URL must send the header `x-ms-blob-type: BlockBlob`.
 *
 * `close()` does nothing. The SDK shares its connections between all clients of the process, and lets the process
 * end.
 *
 * @example
 * const store = new AzureStore({
 *   container: "payloads",
 *   accountUrl: "https://account.blob.core.windows.net",
 *   credential: new DefaultAzureCredential(), // of @azure/identity
 * });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 */
export class AzureStore extends DriverStore<"azure"> {
  /** @throws {StorageError} `CONFIG_INVALID`, which names every wrong option */
  constructor(options: AzureStoreOptions) {
    const parsed = parseAzureOptions(options);
    const container = new AzureContainer(parsed);
    const { presign, prefix, blockSize } = parsed;
    const maxObjectSize = blockSize * MAX_BLOCKS;
    super({
      name: "azure",
      place: `the container ${JSON.stringify(parsed.container)}`,
      capability: { presign, maxObjectSize, ...pathRoom(prefix) },
      write: (path, body, given, call) => writeObject(container, path, body, given, maxObjectSize, call),
      read: (path, given, call) => readObject(container, path, given, call),
      stat: (path, call) => statObject(container, path, call),
      delete: (path, given, call) => deleteObject(container, path, given, call),
      list: (prefix, given, call) => listObjects(container, prefix, given, call),
      copy: (from, to, call) => copyObject(container, from, to, call),
      presign: (path, given, call) => presignObject(container, path, given, call),
      maxExpiresIn: MAX_PRESIGN_SECONDS,
    });
  }

  static {
    declareOwnStore(this);
  }
}

/**
 * Makes an {@link AzureStore} from the settings of the environment. The credential of an account comes from Azure's
 * own variables, or else from the `DefaultAzureCredential` of `@azure/identity`.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` for `@azure/storage-blob`, and for `@azure/identity` if it is needed
 */
export async function createAzureStore(settings: AzureSettings): Promise<AzureStore> {
  const { container, prefix, account, connectionString } = settings;
  await loadSdk();
  if (account === undefined) return new AzureStore({ container, prefix, connectionString });
  const address = { name: account, url: `https://${account}.blob.core.windows.net` };
  return new AzureStore({ container, prefix, ...(await new AmbientAccounts().find(address, undefined)) });
}
