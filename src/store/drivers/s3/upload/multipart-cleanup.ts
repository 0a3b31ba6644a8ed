import type { DriverCall } from "../../driver-store.js";
import { AbortMultipartUploadCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import type { S3Address, S3Bucket } from "../bucket.js";

// "It might be necessary to abort a given multipart upload multiple times" (S3 API reference, "AbortMultipartUpload"):
// a part that was under way may arrive after the first.
const ATTEMPTS = 3;
const TIMEOUT = 10_000;

/**
 * Gives an upload up and frees its parts, in at most ten seconds. Never rejects: the caller has an error to report
 * already, and a lifecycle rule of the bucket (`AbortIncompleteMultipartUpload`) catches what an outage leaves behind.
 */
export async function abandonUpload(
  bucket: S3Bucket,
  address: S3Address,
  uploadId: string,
  { details }: DriverCall,
): Promise<void> {
  const upload = { ...address, UploadId: uploadId };
  const call: DriverCall = { details, signal: AbortSignal.timeout(TIMEOUT) };
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await bucket.send(call, new AbortMultipartUploadCommand(upload));
      const { Parts } = await bucket.send(call, new ListPartsCommand({ ...upload, MaxParts: 1 }));
      if (Parts === undefined || Parts.length === 0) return;
    }
  } catch {
    // NoSuchUpload: it is gone. Anything else: see above.
  }
}
