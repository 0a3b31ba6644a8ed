import type { DriverCall } from "../../driver-store.js";
import {
  CreateMultipartUploadCommand,
  type S3Client,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { S3Bucket, S3Command } from "../bucket.js";
import { LinkedAbort } from "../../../../async/linked-abort.js";
import { CREATE_GRACE, abandonUpload, type UploadParams, type Uploaded } from "./multipart.js";

type AnyCommand = S3Command<ServiceInputTypes, ServiceOutputTypes>;

/**
 * Writes bytes in parts, with at most `queueSize` of them in flight. The first failure of a part stops the other
 * parts. Rejects when all have stopped and the upload is given up, so that nothing is left behind.
 */
export async function uploadBytes(
  bucket: S3Bucket,
  params: UploadParams,
  bytes: Uint8Array,
  callerCall: DriverCall,
): Promise<Uploaded> {
  const stop = new LinkedAbort(callerCall.signal);
  const call: DriverCall = { ...callerCall, signal: stop.signal };
  const client = new UploadClient(bucket, call, stop);
  try {
    const upload = new Upload({
      client: client.asS3Client(),
      params: { ...params, Body: bytes },
      partSize: bucket.partSize,
      queueSize: bucket.queueSize,
      leavePartsOnError: true, // lib-storage would not wait for the cleanup
    });
    // Its `abort()` is never called, since it rejects while parts are still in flight.
    return await upload.done();
  } catch (error) {
    stop.abort(error);
    if (client.uploadId !== undefined) await abandonUpload(bucket, params, client.uploadId, call);
    // lib-storage reports an arbitrary failure. The signal holds the first one, and the others follow from it.
    throw await bucket.errorOf(stop.signal.reason, callerCall);
  } finally {
    stop.unlink();
  }
}

/**
 * The S3 client that lib-storage gets. It gives every request the signal, which lib-storage does not. It stops all
 * other requests when one fails, which lib-storage lets continue. It also remembers the id of the upload.
 */
class UploadClient {
  uploadId: string | undefined;

  constructor(
    private readonly bucket: S3Bucket,
    private readonly call: DriverCall,
    private readonly stop: LinkedAbort,
  ) {}

  asS3Client(): S3Client {
    const send = (command: AnyCommand): Promise<object> => this.#send(command);
    return Object.create(this.bucket.client, { send: { value: send } }) as S3Client;
  }

  async #send(command: AnyCommand): Promise<object> {
    const creates = command instanceof CreateMultipartUploadCommand;
    const abort = new LinkedAbort(this.call.signal, creates ? CREATE_GRACE : 0);
    try {
      const call = { ...this.call, signal: abort.signal };
      const output: object = await this.bucket.send(call, command);
      if ("UploadId" in output) this.uploadId = output.UploadId as string;
      return output;
    } catch (error) {
      this.stop.abort(error);
      throw error;
    } finally {
      abort.unlink();
    }
  }
}
