import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
  type CompletedPart,
} from "@aws-sdk/client-s3";
import { LinkedAbort } from "../../../../async/linked-abort.js";
import type { DriverCall } from "../../driver-store.js";
import type { Part } from "../../parts.js";
import { sideBySide } from "../../upload.js";
import type { S3Address, S3Bucket, S3Encryption } from "../bucket.js";

/** Everything that a write sends besides the body. */
export interface UploadParams extends S3Address, S3Encryption {
  ContentType?: string | undefined;
  Metadata?: Record<string, string> | undefined;
  IfNoneMatch?: string | undefined;
  IfMatch?: string | undefined;
  /** Announces the checksum of the parts. */
  ChecksumAlgorithm?: "CRC32" | undefined;
}

/**
 * Milliseconds that an aborted upload waits for the response to CreateMultipartUpload. Without the response, the
 * upload could not be given up.
 */
export const CREATE_GRACE = 5_000;

/** The destination of the parts of an upload. */
export interface S3Upload extends S3Address {
  readonly UploadId: string;
}

/** The result of an upload. */
export interface Uploaded {
  ETag?: string | undefined;
}

/**
 * Makes an object from the parts that `send` uploads. A failure aborts `stop`, which every sender must listen to.
 * Rejects with the first failure once the upload is given up, so that nothing is left behind.
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
    throw await bucket.errorOf(stop.signal.reason, callerCall); // the first failure, since the others follow from it
  }
}

/** The place of a part in a body or in the source of a copy. */
export interface Slice {
  /** Starts at 1. */
  readonly number: number;
  readonly start: number;
  /** The first byte after it. */
  readonly end: number;
}

/**
 * Makes an object of known size from parts of one size, with at most `queueSize` of them in flight. Ends as
 * {@link uploadInParts} does.
 */
export async function uploadSlices(
  bucket: S3Bucket,
  params: UploadParams,
  { size, partSize }: { readonly size: number; readonly partSize: number },
  callerCall: DriverCall,
  send: (upload: S3Upload, slice: Slice, call: DriverCall) => Promise<CompletedPart>,
): Promise<Uploaded> {
  const stop = new LinkedAbort(callerCall.signal);
  try {
    return await uploadInParts(bucket, params, callerCall, stop, async (upload, call) => {
      const parts: CompletedPart[] = [];
      let next = 0;
      await sideBySide(bucket.queueSize, stop, async () => {
        for (let start = next; start < size && !stop.signal.aborted; start = next) {
          next += partSize;
          const slice = { number: start / partSize + 1, start, end: Math.min(start + partSize, size) };
          parts.push(await send(upload, slice, call));
        }
      });
      return parts;
    });
  } finally {
    stop.unlink();
  }
}

/** Sends one part, and returns what the completion of the upload says of it. */
export async function sendPart(
  bucket: S3Bucket,
  upload: S3Upload,
  { number: PartNumber, bytes: Body }: Part,
  call: DriverCall,
): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32 } = await bucket.send(call, new UploadPartCommand({ ...upload, PartNumber, Body }));
  return { PartNumber, ETag, ChecksumCRC32 };
}

/** Begins an upload and returns its id. The conditions in the parameters are for its completion. */
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

// "It might be necessary to abort a given multipart upload multiple times" (S3 API reference,
// "AbortMultipartUpload"). A part that was in flight may arrive after the first abort.
const ATTEMPTS = 3;
const TIMEOUT = 10_000;

/**
 * Gives an upload up and frees its parts, in at most ten seconds. Never rejects, since the caller already has an
 * error to report. A lifecycle rule of the bucket (`AbortIncompleteMultipartUpload`) removes the rest after an
 * outage.
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
    // NoSuchUpload means that the upload is gone. A lifecycle rule covers other errors: see above.
  }
}
