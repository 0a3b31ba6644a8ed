import type { DriverCall } from "../driver-store.js";
import { randomUUID } from "node:crypto";
import { StorageError } from "../../../errors/error.js";
import { answerObject, type GcsBucket, type GcsRequest } from "./bucket.js";
import type { GenerationQuery } from "./generation.js";
import type { ObjectResource } from "./object-info.js";
import { missingBucket } from "./object.js";

/** Everything that a write sends besides the body. */
export interface UploadParams {
  name: string;
  contentType: string;
  metadata: Record<string, string> | undefined;
  query: GenerationQuery;
}

/** Returns the base of every request that begins an upload, by its type. */
export function uploadRequest(
  bucket: GcsBucket,
  uploadType: "multipart" | "resumable",
  { name, query }: UploadParams,
): Pick<GcsRequest, "method" | "target" | "upload" | "query"> {
  return {
    method: "POST",
    target: bucket.target(),
    upload: true,
    query: { uploadType, name, ...query },
  };
}

/** Returns the description at the beginning of an upload (JSON API, "Objects: insert"). */
export function uploadDescription({ name, contentType, metadata }: UploadParams, crc32c?: string): Buffer {
  return Buffer.from(JSON.stringify({ name, contentType, metadata, crc32c }));
}

/** Uploads a whole body in one request. Sends it again only if the client's idempotency strategy allows it. */
export async function uploadWhole(
  bucket: GcsBucket,
  params: UploadParams,
  bytes: Uint8Array,
  call: DriverCall,
): Promise<ObjectResource> {
  const crc32c = await checksumOf(bucket, bytes, call);
  const boundary = randomUUID();
  const part = (type: string): Buffer => Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\n\r\n`);
  const body = [
    part("application/json; charset=UTF-8"),
    uploadDescription(params, crc32c),
    Buffer.from("\r\n"),
    part(params.contentType),
    bytes,
    Buffer.from(`\r\n--${boundary}--`),
  ];
  try {
    const answer = await bucket.send(call, {
      ...uploadRequest(bucket, "multipart", params),
      headers: { "content-type": `multipart/related; boundary=${boundary}` },
      body,
      idempotent: false,
    });
    return await verified(bucket, params, answerObject(answer, call), crc32c, call);
  } catch (error) {
    throw missingBucket(error, call);
  }
}

/** Returns the CRC32C in base64, the form of the API. */
export async function checksumOf(bucket: GcsBucket, bytes: Uint8Array, call: DriverCall): Promise<string> {
  const checksum = (await bucket.client.storage(call)).crc32cGenerator();
  checksum.update(bytes as Buffer);
  return checksum.toString();
}

/**
 * Returns the object that an upload made, if the server reports the same checksum for it. If the checksum differs,
 * deletes that version of the object and throws. If the checksum was sent along, the server itself refuses such an
 * object.
 */
export async function verified(
  bucket: GcsBucket,
  { name }: UploadParams,
  resource: ObjectResource,
  crc32c: string,
  { details }: DriverCall,
): Promise<ObjectResource> {
  if (resource.crc32c === undefined || resource.crc32c === crc32c) return resource;
  const query = { ifGenerationMatch: String(resource.generation) };
  const discard: GcsRequest = { method: "DELETE", target: bucket.target(name), query, idempotent: true };
  await bucket.send({ details }, discard).catch(() => undefined);
  const message = "What Cloud Storage received has not the checksum of what was sent.";
  throw new StorageError("INTEGRITY", message, details);
}
