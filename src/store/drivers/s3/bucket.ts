import type { DriverCall } from "../driver-store.js";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type $Command,
  type S3Client,
  type S3ClientResolvedConfig,
  type ServerSideEncryption,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from "@aws-sdk/client-s3";
import { abortable, throwIfAborted } from "../../../async/abort.js";
import type { StorageError } from "../../../errors/error.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import { refuseForeign } from "./answer.js";
import { afterOneTry } from "./client/capped-retries.js";
import { configurationError } from "./client/configuration.js";
import type { ObjectAnswer } from "./direct/answer.js";
import type { ObjectInput, ObjectOperation, Payload } from "./direct/object-request.js";
import { DirectTransport, type DirectAnswer } from "./direct/transport.js";
import { S3_ERRORS, unsentFailureOf } from "./errors.js";
import { DEFAULT_PART_SIZE, MAX_PARTS, MIN_PART_SIZE } from "./limits.js";
import type { ParsedS3Options } from "./options.js";

const QUEUE_SIZE = 4;

// Parts are sent in parallel. But an upload needs one request more to begin and one more to complete, one after the
// other.
const DEFAULT_SINGLE_PUT = 16 * 1024 ** 2;

// Parts of a stream are held in memory, and over TLS once more while they are sent. A bound of 64 MiB leaves little
// room. Reading 1 GiB chunk by chunk takes 37 MiB by itself, since V8 does not collect less than 32 MiB of such
// garbage.
const STREAM_QUEUE_SIZE = 2;

// Parts of a stream that have the same size, before the size doubles. A few servers require parts of equal size,
// which allows a stream of 12 GiB. All parts together allow 183 GiB.
const PARTS_OF_A_SIZE = 2_500;

const COMMANDS = {
  PutObject: PutObjectCommand,
  GetObject: GetObjectCommand,
  HeadObject: HeadObjectCommand,
  DeleteObject: DeleteObjectCommand,
  HeadBucket: HeadBucketCommand,
} as const;

/** The bucket and key of a request. */
export interface S3Address {
  Bucket: string;
  Key: string;
}

/** A command of the SDK. */
export type S3Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** The fields of a request that ask for encryption at rest. */
export interface S3Encryption {
  ServerSideEncryption?: ServerSideEncryption;
  SSEKMSKeyId?: string;
}

/**
 * One bucket, or the part of it under a prefix, as seen through one client. Holds addresses and settings, and sends
 * requests.
 */
export class S3Bucket {
  readonly client: S3Client;
  readonly name: string;
  /** Largest body in bytes that one request sends. */
  readonly maxSinglePut: number;
  /** Bytes of a part, if the whole body is in memory. */
  readonly partSize: number;
  /** Parts in flight at the same time, if the bytes are in memory or stay in the bucket. */
  readonly queueSize: number;
  /** Parts in flight at the same time, for a stream. */
  readonly streamQueueSize: number;
  /** Largest object in bytes. */
  readonly maxObjectSize: number;
  readonly #givenPartSize: number | undefined;
  readonly encryption: S3Encryption;
  /** The beginning of all keys: empty, or a text that ends in a slash. */
  readonly keyPrefix: string;
  /** The transport that requests about one object try first. */
  readonly direct: DirectTransport | undefined;

  constructor(client: S3Client, options: ParsedS3Options) {
    this.client = client;
    const given = options.client === undefined ? (options.clientConfig ?? {}) : undefined;
    this.direct = options.transport === "sdk" ? undefined : new DirectTransport(client, options.bucket, given);
    this.name = options.bucket;
    this.#givenPartSize = options.partSize;
    this.maxSinglePut = options.partSize ?? DEFAULT_SINGLE_PUT;
    this.partSize = options.partSize ?? DEFAULT_PART_SIZE;
    this.maxObjectSize = this.partSize * MAX_PARTS;
    this.queueSize = options.queueSize ?? QUEUE_SIZE;
    this.streamQueueSize = options.queueSize ?? STREAM_QUEUE_SIZE;
    this.keyPrefix = options.prefix;
    this.encryption = {
      ...(options.sse === "s3" && { ServerSideEncryption: "AES256" }),
      ...(options.sse === "kms" && { ServerSideEncryption: "aws:kms" }),
      ...(options.kmsKeyId !== undefined && { SSEKMSKeyId: options.kmsKeyId }),
    };
  }

  /** Returns the bytes of a part of a stream, by its number from 1. */
  streamPartSize(number: number): number {
    return this.#givenPartSize ?? MIN_PART_SIZE * 2 ** Math.floor((number - 1) / PARTS_OF_A_SIZE);
  }

  address(path: string): S3Address {
    return { Bucket: this.name, Key: this.keyPrefix + path };
  }

  /**
   * Returns the checksum that requests carry for their body. It is `undefined` only if the client says
   * `WHEN_REQUIRED`.
   */
  async checksumAlgorithm(call: DriverCall): Promise<"CRC32" | undefined> {
    try {
      return (await this.client.config.requestChecksumCalculation()) === "WHEN_REQUIRED" ? undefined : "CRC32";
    } catch (error) {
      throw await this.errorOf(error, call);
    }
  }

  /**
   * Requests an operation on one object or on the bucket. Tries the direct transport first. Uses the SDK if that
   * gives no result.
   */
  async ask(
    call: DriverCall,
    operation: ObjectOperation,
    input: ObjectInput,
    payload?: Payload,
  ): Promise<ObjectAnswer> {
    const answer = await this.#askDirectly(call, operation, input, payload);
    if (typeof answer === "object") return answer;
    return this.#within(call, async (signal) => {
      const command = await this.#commandOf(operation, input, payload);
      const send = (): Promise<ObjectAnswer> => this.#sendCommand(signal, command);
      return answer === "unanswered" ? afterOneTry(send) : send();
    });
  }

  async #askDirectly(
    call: DriverCall,
    operation: ObjectOperation,
    input: ObjectInput,
    payload: Payload | undefined,
  ): Promise<DirectAnswer> {
    const { signal, details } = call;
    throwIfAborted(signal, details);
    try {
      const answer = this.direct?.ask(operation, input, payload, signal);
      return await (answer && abortable(answer, signal, details, discardBody));
    } catch (error) {
      throw await this.errorOf(error, call);
    }
  }

  /** Sends one request. Rejects with a StorageError, at once if the call is aborted. */
  async send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    call: DriverCall,
    command: S3Command<Input, Output>,
  ): Promise<Output> {
    return this.#within(call, (signal) => this.#sendCommand(signal, command));
  }

  async #commandOf(
    operation: ObjectOperation,
    input: ObjectInput,
    payload: Payload | undefined,
  ): Promise<S3Command<never, ObjectAnswer & ServiceOutputTypes>> {
    // Without a digest of ours, the SDK sends a CRC32. A server that takes no checksums, by the client's settings,
    // gets neither.
    const { sha256 } = payload ?? {};
    const isSent = sha256 !== undefined && (await this.client.config.requestChecksumCalculation()) !== "WHEN_REQUIRED";
    const body = payload && { Body: payload.bytes, ...(isSent && checksumOf(sha256)) };
    const Command = COMMANDS[operation] as new (input: object) => unknown;
    return new Command({ ...input, ...body }) as S3Command<never, ObjectAnswer & ServiceOutputTypes>;
  }

  #sendCommand<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    signal: AbortSignal | undefined,
    command: S3Command<Input, Output>,
  ): Promise<Output> {
    command.middlewareStack.add(keepFailure, { step: "finalizeRequest", priority: "low", name: keepFailure.name });
    command.middlewareStack.add(refuseForeign, { step: "deserialize", priority: "high", name: refuseForeign.name });
    return this.client.send(command, signal === undefined ? {} : { abortSignal: signal });
  }

  /** Sends the requests of a call. Rejects with a StorageError, at once if the call is aborted. */
  async #within<Output extends object>(
    call: DriverCall,
    send: (signal: AbortSignal | undefined) => Promise<Output>,
  ): Promise<Output> {
    const { signal, details } = call;
    throwIfAborted(signal, details);
    // The SDK adds its own listeners to the signal of every request, and leaves some there.
    const stop = signal && new LinkedAbort(signal);
    try {
      // The SDK ignores the signal during the pause before a retry.
      const output = await abortable(send(stop?.signal), signal, details, discardBody);
      const { Body: body } = output as { Body?: unknown };
      if (body instanceof Readable && !body.closed) body.once("close", () => stop?.unlink());
      else stop?.unlink();
      return output;
    } catch (error) {
      stop?.unlink();
      throw await this.errorOf(error, call);
    }
  }

  /**
   * Makes the typed error of a failed request. It is `CONFIG_INVALID` if the client's configuration prevented the
   * request.
   */
  async errorOf(error: unknown, call: DriverCall): Promise<StorageError> {
    const found = S3_ERRORS.of(error, call);
    const failure = unsentFailureOf(found);
    return (failure && (await configurationError(this.client, failure, call))) ?? found;
  }
}

// An unread body holds its socket.
function discardBody(output: object | string | undefined): void {
  if (typeof output === "object" && "Body" in output && output.Body instanceof Readable) output.Body.destroy();
}

// The SDK's retry strategy replaces a failure that is not an Error of its own realm, which loses the errno. Node's
// errors are from another realm if code runs in a vm context, as under jest.
function keepFailure<Args, Result>(next: (args: Args) => Promise<Result>): (args: Args) => Promise<Result> {
  return async (args) => {
    try {
      return await next(args);
    } catch (failure) {
      if (failure instanceof Error || typeof failure !== "object" || failure === null) throw failure;
      const { name, message, code } = failure as NodeJS.ErrnoException;
      throw Object.assign(new Error(message), { name, ...(code !== undefined && { code }) });
    }
  };
}

function checksumOf(sha256: Buffer): { ChecksumAlgorithm: "SHA256"; ChecksumSHA256: string } {
  return { ChecksumAlgorithm: "SHA256", ChecksumSHA256: sha256.toString("base64") };
}
