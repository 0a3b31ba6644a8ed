import * as z from "zod/mini";
import { parseOptions } from "../../options/parse-options.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { Wire } from "../messages/wire.js";
import { placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { bodyLike, jsonBody, noPointer, ownText, pointerFormat } from "./pointer-format.js";

/*
 * Extended clients of SQS and SNS. The body is ["class",{"s3BucketName":"…","s3Key":"…"}]. The .NET client writes an
 * object instead. An attribute has the bytes of the original body. The stored object is the body in UTF-8.
 * https://github.com/awslabs/amazon-sqs-java-extended-client-lib
 */

const ATTRIBUTES = ["ExtendedPayloadSize", "SQSLargePayloadSize"] as const;
const CLASS = "software.amazon.payloadoffloading.PayloadS3Pointer";

/** Options of {@link awsExtended}. */
export interface AwsExtendedOptions extends ForeignOptions {
  /**
   * Attribute to write, default `"ExtendedPayloadSize"`.
   *
   * - `"ExtendedPayloadSize"`: read by the clients of Python and Go, of SNS, and by Powertools
   * - `"SQSLargePayloadSize"`: read by the .NET client and by older Java clients
   * - `"both"`: read by all, but takes two of the ten attributes
   */
  attribute?: (typeof ATTRIBUTES)[number] | "both" | undefined;
  /**
   * Class name to write. Default: that of all clients since 1.1.0. Before, it was
   * `com.amazon.sqs.javamessaging.MessageS3Pointer`.
   */
  pointerClass?: string | undefined;
  /** Whether `settle` deletes the object, as the clients of Java, Go and .NET do; default false. Needs `allow`. */
  deletes?: boolean | undefined;
}

const options = z.strictObject({
  ...placeFields,
  attribute: z._default(z.enum([...ATTRIBUTES, "both"]), "ExtendedPayloadSize"),
  pointerClass: z._default(z.string().check(z.minLength(1)), CLASS),
  deletes: z.optional(z.boolean()),
});

/**
 * Makes the format of the AWS extended clients of SQS and SNS: Java, Python, Go, .NET. Messages are detected by
 * either attribute. Both attributes and every class are read. Receive with `MessageAttributeNames: ["All"]`.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = sqsOffload({ manager, queueUrl, ttl: 28 * DAY, reads: [awsExtended({ allow: ["s3://payloads"] })] });
 */
export function awsExtended(given: AwsExtendedOptions = {}): MessageFormat {
  const { attribute, pointerClass, deletes, ...place } = parseOptions(options, given, "awsExtended");
  const places = new Places("awsExtended", place);
  const written = attribute === "both" ? ATTRIBUTES : [attribute];
  return pointerFormat({
    name: "awsExtended",
    places,
    attributes: ATTRIBUTES,
    deletes,
    detect: ({ attributes }) => ATTRIBUTES.some((name) => attributes.has(name)),
    pointer: (message) => extendedPointer(message, "awsExtended"),
    write: (ticket, message, size) => {
      const { bucket: s3BucketName, key: s3Key } = places.bucketPointerTo(ticket);
      return {
        ...message,
        body: bodyLike(JSON.stringify([pointerClass, { s3BucketName, s3Key }]), message),
        attributes: new Map([...message.attributes, ...written.map((name) => [name, size] as const)]),
      };
    },
  });
}

/**
 * Reads the pointer in a body of any of these clients.
 *
 * @throws {StorageError} `INVALID_REFERENCE`
 */
export function extendedPointer(message: Wire, format: string): Pointer {
  const value = jsonBody(message);
  const isArray = Array.isArray(value);
  if (isArray && typeof value[0] !== "string") throw noPointer(format);
  const pointer: unknown = isArray ? value[1] : value;
  const bucket = ownText(pointer, "s3BucketName", "S3BucketName");
  const key = ownText(pointer, "s3Key", "S3Key");
  if (bucket === undefined || key === undefined) throw noPointer(format);
  return { bucket, key };
}
