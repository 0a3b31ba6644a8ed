import type { DriverCall } from "../../driver-store.js";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
} from "@aws-sdk/client-s3";
import type { GatheredBytes } from "../../../../bytes/gathered-bytes.js";
import type { S3Bucket } from "../bucket.js";
import { LinkedAbort } from "../../../../async/linked-abort.js";
import { sideBySide } from "../../upload.js";
import { abandonUpload } from "./multipart-cleanup.js";
import type { Part, Parts } from "./parts.js";
import { CREATE_GRACE, type UploadParams } from "./upload.js";

/** A part that was taken already, and its buffer, free once the part is sent. */
export interface TakenPart {
  readonly part: Part;
  readonly buffer: GatheredBytes;
}

/**
 * Writes a stream in parts: a few senders, each with one buffer that it fills and sends, again and again. The first
 * failure, of a part or of the source, stops the others, as does `stop`, which a source that hangs has to hear too. It
 * rejects when all have stopped and the upload is given up: nothing is left behind.
 *
 * lib-storage is left to bytes that are there as a whole. Of a stream it joins new buffers for every part: 1 GiB took
 * 145 MiB more than an idle process has, and this way takes 60.
 */
export async function uploadStream(
  bucket: S3Bucket,
  params: UploadParams,
  parts: Parts,
  first: TakenPart,
  callerCall: DriverCall,
  stop: LinkedAbort,
): Promise<{ ETag?: string | undefined }> {
  const call: DriverCall = { ...callerCall, signal: stop.signal };
  const { Bucket, Key, IfNoneMatch, IfMatch } = params;
  let UploadId: string | undefined;
  try {
    UploadId = await createUpload(bucket, params, call);
    const upload = { Bucket, Key, UploadId };
    const Parts = await sendParts(bucket, upload, parts, first, call, stop);
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
    // The checksum that the SDK sends with every part has to be announced.
    const sendsChecksums = await bucket.sendsChecksums();
    const { UploadId } = await bucket.send(
      { ...call, signal: abort.signal },
      new CreateMultipartUploadCommand({ ...description, ...(sendsChecksums && { ChecksumAlgorithm: "CRC32" }) }),
    );
    return UploadId!;
  } finally {
    abort.unlink();
  }
}

async function sendParts(
  bucket: S3Bucket,
  upload: { Bucket: string; Key: string; UploadId: string },
  parts: Parts,
  first: TakenPart,
  call: DriverCall,
  stop: LinkedAbort,
): Promise<CompletedPart[]> {
  const sent: CompletedPart[] = [];
  const send = async ({ number: PartNumber, bytes: Body }: Part): Promise<void> => {
    const abort = new LinkedAbort(call.signal); // of the request: the SDK leaves listeners on the signal that it gets
    try {
      const command = new UploadPartCommand({ ...upload, PartNumber, Body });
      const { ETag, ChecksumCRC32 } = await bucket.send({ ...call, signal: abort.signal }, command);
      sent.push({ PartNumber, ETag, ChecksumCRC32 });
    } finally {
      abort.unlink();
    }
  };
  const sender = async (taken?: TakenPart): Promise<void> => {
    const buffer = taken?.buffer ?? parts.newBuffer();
    let part = taken?.part;
    while (!stop.signal.aborted) {
      part ??= await parts.next(buffer);
      if (part === undefined) return;
      await send(part);
      part = undefined;
    }
  };
  await sideBySide(bucket.streamQueueSize, stop, (index) => sender(index === 0 ? first : undefined));
  return sent.sort((a, b) => a.PartNumber! - b.PartNumber!);
}
