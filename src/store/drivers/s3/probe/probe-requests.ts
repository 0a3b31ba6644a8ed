import { conditionOf, type DriverCall } from "../../driver-store.js";
import {
  CompleteMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { isStorageError } from "../../../../errors/error.js";
import type { WriteOptions } from "../../../store.js";
import type { S3Bucket } from "../bucket.js";
import { S3_ERRORS, isConflict } from "../errors.js";
import { abandonUpload } from "../upload/multipart-cleanup.js";
import { quotedEtag } from "../../object-info.js";
import type { StartLine } from "./race.js";
import { createUpload } from "../upload/upload-stream.js";
import type { UploadParams } from "../upload/upload.js";

/** A condition of a write. */
export type Condition = Pick<WriteOptions, "ifNoneMatch" | "ifMatch">;

/**
 * How a request under a condition ended: it was done; refused for its condition, or since another one was at it; refused
 * because the server does not know the condition.
 */
export type Outcome = "done" | "refused" | "conflict" | "unsupported";

/** One object of a probe, and whoever writes it. */
export interface Attempt {
  readonly bucket: S3Bucket;
  readonly path: string;
  readonly call: DriverCall;
  readonly body: Uint8Array;
  /** Waits for the others before the request that the condition decides. */
  readonly line: StartLine;
}

/** A way to write an object under a condition. */
export type ProbeWrite = (attempt: Attempt, condition: Condition) => Promise<Outcome>;

/** By one PutObject, as small bodies are. */
export async function writeAtOnce(attempt: Attempt, condition: Condition): Promise<Outcome> {
  const { bucket, path, body, line } = attempt;
  const params = { ...bucket.address(path), ...bucket.encryption, ...conditionFields(condition), Body: body };
  return outcomeOf(bucket.send(callOf(attempt, condition), line.hold(new PutObjectCommand(params))));
}

/**
 * By an upload of one part, as streams and large bodies are by many. Their condition is decided by its completion, which is
 * another piece of the server than PutObject, and some have only that.
 */
export async function writeInParts(attempt: Attempt, condition: Condition): Promise<Outcome> {
  const { bucket, path, body, line } = attempt;
  const address = bucket.address(path);
  const call = callOf(attempt, condition);
  const UploadId = await createUpload(bucket, { ...address, ...bucket.encryption }, call);
  const upload = { ...address, UploadId };
  let isDone = false;
  try {
    const part = new UploadPartCommand({ ...upload, PartNumber: 1, Body: body });
    const { ETag, ChecksumCRC32 } = await bucket.send(call, part);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
    const completion = { ...upload, MultipartUpload, ...conditionFields(condition) };
    const outcome = await outcomeOf(bucket.send(call, line.hold(new CompleteMultipartUploadCommand(completion))));
    isDone = outcome === "done";
    return outcome;
  } finally {
    if (!isDone) await abandonUpload(bucket, address, UploadId, call);
  }
}

/** Deletes the object if it has this etag. */
export async function deleteIfMatch(attempt: Omit<Attempt, "body">, etag: string): Promise<Outcome> {
  const { bucket, path, line } = attempt;
  const params = { ...bucket.address(path), ...conditionFields({ ifMatch: etag }) };
  return outcomeOf(bucket.send(callOf(attempt, { ifMatch: etag }), line.hold(new DeleteObjectCommand(params))));
}

function callOf({ call }: Pick<Attempt, "call">, condition: Condition): DriverCall {
  return { ...call, condition: conditionOf(condition) };
}

function conditionFields({ ifNoneMatch, ifMatch }: Condition): Pick<UploadParams, "IfNoneMatch" | "IfMatch"> {
  return { IfNoneMatch: ifNoneMatch, IfMatch: ifMatch && quotedEtag(ifMatch) };
}

// What says nothing of conditions (denied, unavailable, ...) is thrown on.
async function outcomeOf(request: Promise<unknown>): Promise<Outcome> {
  try {
    await request;
    return "done";
  } catch (error) {
    if (isStorageError(error, "ALREADY_EXISTS") || isStorageError(error, "PRECONDITION_FAILED")) return "refused";
    if (isConflict(error)) return "conflict";
    if (isStorageError(error, "UNSUPPORTED") || S3_ERRORS.httpStatusOf(error) === 400) return "unsupported";
    throw error;
  }
}
