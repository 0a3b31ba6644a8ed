import { conditionOf, type DriverCall } from "../../driver-store.js";
import { CompleteMultipartUploadCommand, DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { WriteOptions } from "../../../store.js";
import type { S3Bucket } from "../bucket.js";
import { S3_ERRORS, isConflict } from "../errors.js";
import { quotedEtag } from "../../object-info.js";
import { outcomeOf, type Outcome } from "../../probe.js";
import type { StartLine } from "./race.js";
import { abandonUpload, createUpload, sendPart, type UploadParams } from "../upload/multipart.js";

/** A condition of a write. */
export type Condition = Pick<WriteOptions, "ifNoneMatch" | "ifMatch">;

/** One object of a probe, and the facts for writing it. */
export interface Attempt {
  readonly bucket: S3Bucket;
  readonly path: string;
  readonly call: DriverCall;
  readonly body: Uint8Array;
  /** Holds the request that the condition decides, until the other racers are ready. */
  readonly line: StartLine;
}

/** A way to write an object under a condition. */
export type ProbeWrite = (attempt: Attempt, condition: Condition) => Promise<Outcome>;

/** Writes with one PutObject, like small bodies. */
export async function writeAtOnce(attempt: Attempt, condition: Condition): Promise<Outcome> {
  const { bucket, path, body, line } = attempt;
  const params = { ...bucket.address(path), ...bucket.encryption, ...conditionFields(condition), Body: body };
  return ended(bucket.send(callOf(attempt, condition), line.hold(new PutObjectCommand(params))));
}

/**
 * Writes with an upload of one part. Streams and large bodies are uploads of many parts. The completion of an upload
 * decides the condition. It is another component of the server than PutObject, and some servers have conditions only
 * in one of them.
 */
export async function writeInParts(attempt: Attempt, condition: Condition): Promise<Outcome> {
  const { bucket, path, body, line } = attempt;
  const address = bucket.address(path);
  const call = callOf(attempt, condition);
  const ChecksumAlgorithm = await bucket.checksumAlgorithm(call);
  const UploadId = await createUpload(bucket, { ...address, ...bucket.encryption, ChecksumAlgorithm }, call);
  const upload = { ...address, UploadId };
  let isDone = false;
  try {
    const MultipartUpload = { Parts: [await sendPart(bucket, upload, { number: 1, bytes: body }, call)] };
    const completion = { ...upload, MultipartUpload, ...conditionFields(condition) };
    const outcome = await ended(bucket.send(call, line.hold(new CompleteMultipartUploadCommand(completion))));
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
  return ended(bucket.send(callOf(attempt, { ifMatch: etag }), line.hold(new DeleteObjectCommand(params))));
}

function callOf({ call }: Pick<Attempt, "call">, condition: Condition): DriverCall {
  return { ...call, condition: conditionOf(condition) };
}

function conditionFields({ ifNoneMatch, ifMatch }: Condition): Pick<UploadParams, "IfNoneMatch" | "IfMatch"> {
  return { IfNoneMatch: ifNoneMatch, IfMatch: ifMatch && quotedEtag(ifMatch) };
}

function ended(request: Promise<unknown>): Promise<Outcome> {
  return outcomeOf(request, S3_ERRORS, isConflict);
}
