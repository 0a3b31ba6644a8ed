import type { CompletedPart } from "@aws-sdk/client-s3";
import type { LinkedAbort } from "../../../../async/linked-abort.js";
import type { DriverCall } from "../../driver-store.js";
import type { Parts, TakenPart } from "../../parts.js";
import { sideBySide } from "../../upload.js";
import type { S3Bucket } from "../bucket.js";
import { sendPart, uploadInParts, type UploadParams, type Uploaded } from "./multipart.js";

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
    const sender = async (taken?: TakenPart): Promise<void> => {
      const buffer = taken?.buffer ?? parts.newBuffer();
      let part = taken?.part;
      while (!stop.signal.aborted) {
        part ??= await parts.next(buffer);
        if (part === undefined) return;
        sent.push(await sendPart(bucket, upload, part, call));
        part = undefined;
      }
    };
    await sideBySide(bucket.streamQueueSize, stop, (index) => sender(index === 0 ? first : undefined));
    return sent;
  });
}
