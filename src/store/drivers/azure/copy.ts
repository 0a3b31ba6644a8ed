import type { DriverCall } from "../driver-store.js";
import type { BlobSyncCopyFromURLOptions, ContainerClient } from "@azure/storage-blob";
import { copyByWriting } from "../../copy-by-writing.js";
import type { ObjectInfo } from "../../store.js";
import type { AzureContainer } from "./container.js";
import { AZURE_ERRORS } from "./errors.js";
import { copyError, sourceOfCopy } from "../source-of-copy.js";
import { objectInfo, type ObjectDescription } from "../object-info.js";
import { isSharedKeyCredential, isTokenCredential } from "./options.js";
import { signedUrl } from "./presign.js";
import { readObject } from "./read.js";
import { statObject } from "./blob.js";
import { writeObject } from "./write.js";

// The largest source in bytes, and the longest URL of a source ("Copy Blob From URL").
const MAX_SIZE = 256 * 1024 ** 2;
const MAX_URL_LENGTH = 2048;

const URL_LIFETIME = 3600; // seconds, and Azure reads the source before it answers
const TOKEN_SCOPE = "https://storage.azure.com/.default";

// Azure's errors if it can't read the source by the given URL. For example, a firewall may shut Azure itself out.
const NO_ACCESS = new Set(["CannotVerifyCopySource", "CopySourceAuthenticationFailed", "InvalidSourceUri"]);

/**
 * Copies an object inside the container, with its content type and metadata. Azure itself copies up to 256 MiB, so
 * that the bytes do not leave it. A larger object is read and written again.
 */
export async function copyObject(
  container: AzureContainer,
  from: string,
  to: string,
  call: DriverCall,
): Promise<ObjectInfo> {
  const target = container.blobName(to, { ...call.details, path: to });
  const source = await sourceOfCopy([from, to], MAX_SIZE, () => statObject(container, from, call), call);
  if (from === to) return source;
  const copied = source.size <= MAX_SIZE ? await copyByAzure(container, source, target, call) : undefined;
  if (copied === undefined) {
    return copyByWriting(
      () => readObject(container, from, {}, call),
      (body, options) => writeObject(container, to, body, options, Infinity, call),
      call,
    );
  }
  const { size, contentType, metadata } = source;
  return objectInfo(to, size, { ...copied, contentType, metadata });
}

/** Lets Azure copy. Returns `undefined` if Azure can't read the source. */
async function copyByAzure(
  container: AzureContainer,
  source: ObjectInfo,
  target: string,
  call: DriverCall,
): Promise<Pick<ObjectDescription, "etag" | "lastModified"> | undefined> {
  const name = container.blobName(source.path, call.details);
  const { clock } = container.options;
  try {
    return await container.send(call, async ({ client, abortSignal }) => {
      const access = await accessTo(client, name, clock.now());
      if (access.url.length > MAX_URL_LENGTH) return undefined;
      const { etag, lastModified } = await client.getBlobClient(target).syncCopyFromURL(access.url, {
        ...access.options,
        abortSignal,
        ...(source.etag !== undefined && { sourceConditions: { ifMatch: source.etag } }),
      });
      return { etag, lastModified };
    });
  } catch (error) {
    const failure = AZURE_ERRORS.failureOf(error);
    if (failure !== undefined && (NO_ACCESS.has(failure.name) || failure.httpStatus === 501)) return undefined;
    throw copyError(error, call);
  }
}

interface SourceAccess {
  url: string;
  options?: BlobSyncCopyFromURLOptions;
}

/** Gives Azure access to the source. Uses a signature, the caller's token, or the signature in the client's own URL. */
async function accessTo(client: ContainerClient, name: string, now: number): Promise<SourceAccess> {
  const { credential } = client;
  const { url } = client.getBlobClient(name);
  if (isSharedKeyCredential(credential)) return { url: await signedUrl(client, name, "r", now + URL_LIFETIME * 1000) };
  if (!isTokenCredential(credential)) return { url };
  const token = await credential.getToken(TOKEN_SCOPE);
  return token === null ? { url } : { url, options: { sourceAuthorization: { scheme: "Bearer", value: token.token } } };
}
