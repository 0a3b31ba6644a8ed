import { Readable } from "node:stream";
import { GetObjectCommand, type GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { StorageError } from "../../../errors/error.js";
import type { ObjectInfo } from "../../store.js";
import { parseContentRange } from "../byte-range.js";
import type { DriverCall } from "../driver-store.js";
import type { S3Bucket } from "./bucket.js";
import { S3_ERRORS } from "./errors.js";
import { toObjectInfo } from "./object-info.js";

/**
 * Describes an object by a GetObject of its first byte, where a HEAD says too little: proxies leave the length away, some
 * servers take no HEAD, and an error has no code without a body.
 *
 * @throws {StorageError} `UNEXPECTED` when the size can't be had so either
 */
export async function objectByFirstByte(bucket: S3Bucket, path: string, call: DriverCall): Promise<ObjectInfo> {
  const output = await firstByte(bucket, path, call);
  if (output.Body instanceof Readable) output.Body.on("error", () => undefined).destroy();
  const size = output.ContentRange === undefined ? output.ContentLength : parseContentRange(output.ContentRange)?.total;
  if (size !== undefined) return toObjectInfo(path, size, output);
  throw new StorageError("UNEXPECTED", "The server did not say how large the object is.", call.details);
}

async function firstByte(bucket: S3Bucket, path: string, call: DriverCall): Promise<GetObjectCommandOutput> {
  const address = bucket.address(path);
  try {
    return await bucket.send(call, new GetObjectCommand({ ...address, Range: "bytes=0-0" }));
  } catch (error) {
    if (S3_ERRORS.httpStatusOf(error) !== 416) throw error;
    return bucket.send(call, new GetObjectCommand(address)); // an empty object has no first byte
  }
}
