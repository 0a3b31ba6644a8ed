import type { Readable } from "node:stream";
import { streamResult } from "../../read-result.js";
import type { ReadOptions, ReadResult } from "../../store.js";
import type { WholeBytes } from "../../whole-reads.js";
import { emptyRange } from "../byte-range.js";
import { readCall, type DriverCall } from "../driver-store.js";
import { RunningChecksum } from "./body-checksum.js";
import type { S3Bucket } from "./bucket.js";
import { toObjectInfo } from "./object-info.js";
import { statObject } from "./object.js";
import { assertLength, bodyFailure, corruptBody, openObject, type OpenedObject } from "./opened-object.js";
import { wholeBody } from "./whole-body.js";

/** Reads an object, or the range of it that the options ask for. */
export async function readObject(
  bucket: S3Bucket,
  path: string,
  options: ReadOptions,
  call: DriverCall,
): Promise<ReadResult> {
  const opened = await openObject(bucket, path, options, call);
  if (opened === undefined) return emptyRange(statObject(bucket, path, call), call);
  const { body, total, description } = opened;
  return streamResult(
    toObjectInfo(path, total, description),
    bodyChunks(body, opened, call),
    () => void body.destroy(),
    readCall(call),
  );
}

/**
 * Reads an object, or a range of it, into memory. Calls `onLength` with the number of bytes, before any is kept. It
 * may throw.
 */
export async function readWholeObject(
  bucket: S3Bucket,
  path: string,
  options: ReadOptions,
  call: DriverCall,
  onLength: (length: number) => void,
): Promise<WholeBytes> {
  const opened = await openObject(bucket, path, options, call);
  if (opened !== undefined) return wholeBody(opened, onLength, call);
  const empty = await emptyRange(statObject(bucket, path, call), call);
  return { bytes: await empty.bytes() };
}

async function* bodyChunks(
  body: Readable,
  { length, checksum }: OpenedObject,
  call: DriverCall,
): AsyncGenerator<Uint8Array, void, undefined> {
  const running = checksum && new RunningChecksum(checksum);
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      received += chunk.byteLength;
      if (received > length) break;
      running?.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw bodyFailure(body, error, call);
  } finally {
    body.destroy();
  }
  assertLength(received, length, call);
  if (running?.isRight === false) throw corruptBody(call);
}
