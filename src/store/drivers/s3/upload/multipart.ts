import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type CompletedPart,
} from "@aws-sdk/client-s3";
import { LinkedAbort } from "../../../../async/linked-abort.js";
import type { DriverCall } from "../../driver-store.js";
import type { S3Address, S3Bucket, S3Encryption } from "../bucket.js";

/** What a write sends along with the body. */
export interface UploadParams extends S3Address, S3Encryption {
  ContentType?: string | undefined;
  Metadata?: Record<string, string> | undefined;
  IfNoneMatch?: string | undefined;
  IfMatch?: string | undefined;
  /** Announces the checksum that parts carry. */
  ChecksumAlgorithm?: "CRC32" | undefined;
}

/**
 * How long in ms an aborted upload waits for the answer to CreateMultipartUpload: without it nobody could give the upload
 * up.
 */
export const CREATE_GRACE = 5_000;

/** Where the parts of an upload go. */
export interface S3Upload extends S3Address {
  readonly UploadId: string;
}

/** What an upload made. */
export interface Uploaded {
  ETag?: string | undefined;
}

/**
 * Makes an object of the parts that `send` brings to an upload. A failure aborts `stop`, which all who send have to hear.
 * It rejects with the first failure when the upload is given up: nothing is left behind.
 */
export async function uploadInParts(
  bucket: S3Bucket,
  params: UploadParams,
  callerCall: DriverCall,
  stop: LinkedAbort,
  send: (upload: S3Upload, call: DriverCall) => Promise<CompletedPart[]>,
): Promise<Uploaded> {
  const call: DriverCall = { ...callerCall, signal: stop.signal };
  const { Bucket, Key, IfNoneMatch, IfMatch } = params;
  let UploadId: string | undefined;
  try {
    UploadId = await createUpload(bucket, params, call);
    const upload = { Bucket, Key, UploadId };
    const parts = await send(upload, call);
    const Parts = parts.sort((a, b) => a.PartNumber! - b.PartNumber!);
    const completion = { ...upload, IfNoneMatch, IfMatch, MultipartUpload: { Parts } };
    return await bucket.send(call, new CompleteMultipartUploadCommand(completion));
  } catch (error) {
    stop.abort(error);
    if (UploadId !== undefined) await abandonUpload(bucket, params, UploadId, call);
    throw await bucket.errorOf(stop.signal.reason, callerCall); // the first failure: the others follow from it
  }
}

/** Begins an upload, whose conditions are for its completion; gives its id. */
export async function createUpload(bucket: S3Bucket, params: UploadParams, call: DriverCall): Promise<string> {
  const abort = new LinkedAbort(call.signal, CREATE_GRACE);
  const description = { ...params };
  delete description.IfNoneMatch; // conditions are for the completion
  delete description.IfMatch;
  try {
    const command = new CreateMultipartUploadCommand(description);
    return (await bucket.send({ ...call, signal: abort.signal }, command)).UploadId!;
  } finally {
    abort.unlink();
  }
}

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
