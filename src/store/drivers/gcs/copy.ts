import type { DriverCall } from "../driver-store.js";
import { isNotFound, StorageError } from "../../../errors/error.js";
import type { ObjectInfo } from "../../store.js";
import { existing } from "../object-info.js";
import { answerObject, type GcsBucket } from "./bucket.js";
import { OBJECT_FIELDS, toObjectInfo, type ObjectResource } from "./object-info.js";
import { assertBucket, statObject } from "./object.js";

interface RewriteAnswer {
  done?: boolean;
  rewriteToken?: string;
  resource?: ObjectResource;
}

/**
 * Copies an object inside the bucket, with its content type and metadata. Sends as many rewrite requests as the
 * server needs. The bytes do not leave the server. The token of the first response stands for the version of the
 * source that the server found.
 */
export async function copyObject(bucket: GcsBucket, from: string, to: string, call: DriverCall): Promise<ObjectInfo> {
  // A rewrite would make a new version of the object.
  if (from === to) return existing(await statObject(bucket, from, call), call);
  const source = bucket.target(bucket.objectName(from, call.details));
  const target = `${source}/rewriteTo${bucket.target(bucket.objectName(to, call.details))}`;
  let rewriteToken: string | undefined;
  for (;;) {
    const answer: RewriteAnswer = await rewrite(bucket, target, rewriteToken, call);
    if (answer.done === true && answer.resource !== undefined) return toObjectInfo(to, answer.resource, call);
    rewriteToken = answer.rewriteToken;
    if (rewriteToken === undefined || answer.done === true) {
      throw new StorageError("UNEXPECTED", "The server broke the copy off without saying how to go on.", call.details);
    }
  }
}

async function rewrite(
  bucket: GcsBucket,
  target: string,
  rewriteToken: string | undefined,
  call: DriverCall,
): Promise<RewriteAnswer> {
  const fields = `done,rewriteToken,resource(${OBJECT_FIELDS})`;
  try {
    const answer = await bucket.send(call, {
      method: "POST",
      target,
      query: { rewriteToken, fields },
      idempotent: false,
    });
    return answerObject(answer, call);
  } catch (error) {
    if (isNotFound(error)) await assertBucket(bucket, call);
    throw error;
  }
}
