import { Readable } from "node:stream";
import type { S3Client, ServerSideEncryption } from "@aws-sdk/client-s3";
import { abortable } from "../../abort.js";
import type { CallDetails } from "../../check.js";
import { toStorageError, type S3Call } from "./errors.js";
import type { ParsedS3Options } from "./options.js";

/** Where a request goes. */
export interface S3Address {
  Bucket: string;
  Key: string;
}

/** Options of the SDK's `send`. */
export interface SendOptions {
  abortSignal?: AbortSignal;
}

/** The fields by which a request asks for encryption at rest. */
export interface S3Encryption {
  ServerSideEncryption?: ServerSideEncryption;
  SSEKMSKeyId?: string;
}

/** One bucket (or the part of it under a prefix) seen through one client: addresses, settings, and how to send. */
export class S3Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly partSize: number;
  readonly queueSize: number;
  readonly encryption: S3Encryption;
  /** What all keys begin with: empty, or ending in a slash. */
  readonly keyPrefix: string;

  constructor(client: S3Client, options: ParsedS3Options) {
    this.client = client;
    this.name = options.bucket;
    this.partSize = options.partSize;
    this.queueSize = options.queueSize;
    this.keyPrefix = options.prefix ? `${options.prefix}/` : "";
    this.encryption = {
      ...(options.sse === "s3" && { ServerSideEncryption: "AES256" }),
      ...(options.sse === "kms" && { ServerSideEncryption: "aws:kms" }),
      ...(options.kmsKeyId !== undefined && { SSEKMSKeyId: options.kmsKeyId }),
    };
  }

  address(path: string): S3Address {
    return { Bucket: this.name, Key: this.keyPrefix + path };
  }

  /** Sends one request. Rejects with a StorageError, at once when the call is aborted. */
  async send<Output extends object>(
    call: S3Call,
    request: (client: S3Client, options: SendOptions) => Promise<Output>,
  ): Promise<Output> {
    const { signal, details } = call;
    try {
      // The SDK's pause before a retry does not hear the signal.
      const sent = request(this.client, signal === undefined ? {} : { abortSignal: signal });
      return await abortable(sent, signal, discardBody, details);
    } catch (error) {
      throw toStorageError(error, call);
    }
  }
}

/** What the errors of a call carry, and its signal. */
export function s3Call(details: CallDetails, options: { signal?: AbortSignal | undefined }): S3Call {
  return { details, signal: options.signal };
}

// An unread body holds its socket.
function discardBody(output: object): void {
  if ("Body" in output && output.Body instanceof Readable) output.Body.destroy();
}
