import type { DriverCall } from "../driver-store.js";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { contentDisposition } from "../../content-disposition.js";
import type { PresignOptions } from "../../store.js";
import type { S3Bucket } from "./bucket.js";

// Headers that are signed as part of the URL. The holder of a URL sends none of our headers, and must not be able to
// leave out the encryption.
const ENCRYPTION_HEADERS = new Set(["x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"]);

/** Makes a URL for one GetObject or PutObject. Sends nothing, but may have to fetch credentials. */
export async function presignObject(
  bucket: S3Bucket,
  path: string,
  { method, expiresIn, filename, contentType }: PresignOptions,
  call: DriverCall,
): Promise<string> {
  const address = bucket.address(path);
  const client = checksumFree(bucket.client);
  try {
    if (method === "GET") {
      const answer = {
        ...(filename !== undefined && { ResponseContentDisposition: contentDisposition(filename) }),
        ...(contentType !== undefined && { ResponseContentType: contentType }),
      };
      return await getSignedUrl(client, new GetObjectCommand({ ...address, ...answer }), { expiresIn });
    }
    return await getSignedUrl(client, new PutObjectCommand({ ...address, ...bucket.encryption }), {
      expiresIn,
      hoistableHeaders: ENCRYPTION_HEADERS,
    });
  } catch (error) {
    throw await bucket.errorOf(error, call);
  }
}

// The SDK would sign the checksum of the command's body, which is empty. S3 would then refuse every other body.
function checksumFree(client: S3Client): S3Client {
  const whenRequired = (): Promise<"WHEN_REQUIRED"> => Promise.resolve("WHEN_REQUIRED");
  const config: S3Client["config"] = {
    ...client.config,
    requestChecksumCalculation: whenRequired,
    responseChecksumValidation: whenRequired,
  };
  return Object.create(client, { config: { value: config } }) as S3Client;
}
