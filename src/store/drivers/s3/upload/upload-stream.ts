import { UploadPartCommand, type CompletedPart } from "@aws-sdk/client-s3";
import { LinkedAbort } from "../../../../async/linked-abort.js";
import type { GatheredBytes } from "../../../../bytes/gathered-bytes.js";
import type { DriverCall } from "../../driver-store.js";
import { sideBySide } from "../../upload.js";
import type { S3Bucket } from "../bucket.js";
import { uploadInParts, type UploadParams, type Uploaded } from "./multipart.js";
import type { Part, Parts } from "./parts.js";

/** A part that was already taken, and its buffer. The buffer is free once the part is sent. */
export interface TakenPart {
  readonly part: Part;
  readonly buffer: GatheredBytes;
}

/**
 * Writes a stream in parts. A few senders each have one buffer, which they fill and send repeatedly. The first
 * failure, of a part or of the source, stops the others. So does `stop`, which a hanging source must also listen to.
 * Rejects when all have stopped and the upload is given up, so that nothing is left behind.
 *
 * Only bytes that are in memory as a whole go through lib-storage. For a stream, lib-storage joins new buffers for
 * every part. A stream of 1 GiB took 145 MiB more than an idle process needs. This way takes 60 MiB.
 */
export async function uploadStream(
  bucket: S3Bucket,
  params: UploadParams,
  parts: Parts,
  first: TakenPart,
  callerCall: DriverCall,
  stop: LinkedAbort,
): Promise<Uploaded> {
  const ChecksumAlgorithm = await bucket.checksumAlgorithm(callerCall);
  return uploadInParts(bucket, { ...params, ChecksumAlgorithm }, callerCall, stop, async (upload, call) => {
    const sent: CompletedPart[] = [];
    const send = async ({ number: PartNumber, bytes: Body }: Part): Promise<void> => {
      const abort = new LinkedAbort(call.signal); // per request, since the SDK leaves listeners on its signal
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
    return sent;
  });
}
