import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { StorageError } from "../../error.js";
import type { PresignOptions } from "../../store.js";
import type { S3Bucket } from "./bucket.js";
import { toStorageError, type S3Call } from "./errors.js";

/** A URL for one GetObject or PutObject. Nothing is sent, but credentials may have to be fetched. */
export async function presignObject(
  bucket: S3Bucket,
  path: string,
  { method, expiresIn }: PresignOptions,
  call: S3Call,
): Promise<string> {
  if (method === "PUT" && bucket.encryption.ServerSideEncryption === "aws:kms") {
    // S3 takes it from headers only, and the holder of a URL knows of none.
    throw new StorageError("UNSUPPORTED", "A URL can't ask for SSE-KMS; presign for GET only.", call.details);
  }
  const address = bucket.address(path);
  const client = checksumFree(bucket.client);
  try {
    return method === "GET"
      ? await getSignedUrl(client, new GetObjectCommand(address), { expiresIn })
      : await getSignedUrl(client, new PutObjectCommand(address), { expiresIn });
  } catch (error) {
    throw toStorageError(error, call);
  }
}

// The SDK would sign the checksum of the body that the command has, which is none, and S3 then refuses every other body.
function checksumFree(client: S3Client): S3Client {
  const whenRequired = (): Promise<"WHEN_REQUIRED"> => Promise.resolve("WHEN_REQUIRED");
  const config: S3Client["config"] = {
    ...client.config,
    requestChecksumCalculation: whenRequired,
    responseChecksumValidation: whenRequired,
  };
  return Object.create(client, { config: { value: config } }) as S3Client;
}
