import * as z from "zod/mini";
import { parseOptions } from "../../options/parse-options.js";
import type { MessageFormat } from "../messages/message-format.js";
import { placeFields, Places, type ForeignOptions } from "./places.js";
import { noPointer, pointerFormat, textAttribute } from "./pointer-format.js";

/*
 * JavaScript clients of SQS. The attribute is "(bucket)key". The body repeats it in the client's own form.
 * https://github.com/dvla/sqs-extended-client, https://github.com/bbc/sqs-extended
 */

const ATTRIBUTE = "S3MessageBodyKey";
const VALUE = /^\((.*)\)(.+)/s;

/** Options of {@link sqsBodyKey}. */
export interface SqsBodyKeyOptions extends ForeignOptions {
  /** Whether `settle` deletes the object; default false. Needs `allow`. */
  deletes?: boolean | undefined;
}

const options = z.strictObject({ ...placeFields, deletes: z.optional(z.boolean()) });

/**
 * Makes the format of `sqs-extended-client` and `@bbc/sqs-extended`. Messages are detected by their attribute
 * `S3MessageBodyKey`. Read only. To write, use {@link awsExtended}, which more clients read.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = sqsOffload({ manager, queueUrl, ttl: 28 * DAY, reads: [sqsBodyKey({ allow: ["s3://payloads"] })] });
 */
export function sqsBodyKey(given: SqsBodyKeyOptions = {}): MessageFormat {
  const { deletes, ...place } = parseOptions(options, given, "sqsBodyKey");
  return pointerFormat({
    name: "sqsBodyKey",
    places: new Places("sqsBodyKey", place),
    attributes: [ATTRIBUTE],
    deletes,
    detect: ({ attributes }) => attributes.has(ATTRIBUTE),
    pointer: (message) => {
      const [, bucket, key] = VALUE.exec(textAttribute(message, ATTRIBUTE) ?? "") ?? [];
      if (bucket === undefined || key === undefined) throw noPointer("sqsBodyKey");
      return { bucket, key };
    },
  });
}
