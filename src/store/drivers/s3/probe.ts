import { randomUUID } from "node:crypto";
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import type { CallDetails } from "../../check.js";
import { isStorageError, type StorageErrorCode } from "../../../error.js";
import type { CallOptions, WriteOptions } from "../../store.js";
import type { S3Bucket } from "./bucket.js";
import { deleteObject } from "./delete.js";
import { httpStatusOf, type S3Call } from "./errors.js";
import { abandonUpload } from "./multipart-cleanup.js";
import { quotedEtag } from "./object-info.js";
import type { S3Conditions } from "./options.js";
import { statObject } from "./stat.js";
import { writeObject } from "./write.js";

const BODY = Buffer.from("probe");
const OTHER_ETAG = '"00000000000000000000000000000000"';
const WRITERS = 4;

type Condition = Pick<WriteOptions, "ifNoneMatch" | "ifMatch">;

/** Finds out which conditions a server honours, by breaking and keeping each of them. */
export async function probeConditions(bucket: S3Bucket, options: CallOptions): Promise<S3Conditions> {
  const probe = new Probe(bucket, options.signal);
  try {
    return {
      ifNoneMatch: await probe.ifNoneMatch(),
      ifMatch: await probe.ifMatch(),
      deleteIfMatch: await probe.deleteIfMatch(),
    };
  } finally {
    await probe.cleanUp();
  }
}

class Probe {
  readonly #bucket: S3Bucket;
  readonly #signal: AbortSignal | undefined;
  readonly #paths: string[] = [];

  constructor(bucket: S3Bucket, signal: AbortSignal | undefined) {
    this.#bucket = bucket;
    this.#signal = signal;
  }

  async ifNoneMatch(): Promise<boolean> {
    const path = this.#newPath();
    // Of several writers at once one wins: a server that looks first and writes then would let more.
    const writes = Array.from({ length: WRITERS }, () => this.#outcome(this.#write(path, { ifNoneMatch: "*" })));
    const outcomes = await Promise.all(writes);
    const winners = outcomes.filter((outcome) => outcome === "done").length;
    if (winners !== 1 || outcomes.includes("unsupported")) return false;
    return (await this.#outcome(this.#writeParts(path, { ifNoneMatch: "*" }))) === "ALREADY_EXISTS";
  }

  async ifMatch(): Promise<boolean> {
    const path = this.#newPath();
    await this.#write(path, {});
    for (const write of [this.#write, this.#writeParts]) {
      const broken = await this.#outcome(write.call(this, path, { ifMatch: OTHER_ETAG }));
      if (broken !== "PRECONDITION_FAILED") return false;
      const kept = await this.#outcome(write.call(this, path, { ifMatch: await this.#etag(path) }));
      if (kept !== "done") return false;
    }
    return true;
  }

  async deleteIfMatch(): Promise<boolean> {
    const path = this.#newPath();
    const call = this.#call("delete", path);
    const missing = await this.#outcome(deleteObject(this.#bucket, path, { ifMatch: OTHER_ETAG }, call));
    if (missing !== "PRECONDITION_FAILED") return false;
    await this.#write(path, {});
    const broken = await this.#outcome(deleteObject(this.#bucket, path, { ifMatch: OTHER_ETAG }, call));
    if (broken !== "PRECONDITION_FAILED") return false;
    const kept = await this.#outcome(deleteObject(this.#bucket, path, { ifMatch: await this.#etag(path) }, call));
    return kept === "done" && (await statObject(this.#bucket, path, this.#call("stat", path))) === undefined;
  }

  async cleanUp(): Promise<void> {
    for (const path of this.#paths) {
      // A caller that gave up still gets its bucket back clean.
      const call: S3Call = { details: this.#call("delete", path).details };
      await deleteObject(this.#bucket, path, {}, call).catch(() => undefined);
    }
  }

  #newPath(): string {
    const path = `.coatcheck-probe/${randomUUID()}`;
    this.#paths.push(path);
    return path;
  }

  #call(operation: string, path: string): S3Call {
    const details: CallDetails = { operation, store: "s3", path };
    return { details, signal: this.#signal };
  }

  async #etag(path: string): Promise<string> {
    const info = await statObject(this.#bucket, path, this.#call("stat", path));
    return info?.etag ?? OTHER_ETAG;
  }

  async #write(path: string, condition: Condition): Promise<unknown> {
    const { details } = this.#call("write", path);
    return writeObject(this.#bucket, path, BODY, { ...condition, signal: this.#signal }, details);
  }

  // A condition on CompleteMultipartUpload is another piece of the server, and some have only that of PutObject.
  async #writeParts(path: string, { ifNoneMatch, ifMatch }: Condition): Promise<unknown> {
    const call: S3Call = { ...this.#call("write", path), condition: ifMatch === undefined ? "ifNoneMatch" : "ifMatch" };
    const address = this.#bucket.address(path);
    // Named, so that all three requests agree on it: S3 refuses parts with a checksum that the upload was not created for.
    const ChecksumAlgorithm = "CRC32";
    const { UploadId } = await this.#bucket.send(
      call,
      new CreateMultipartUploadCommand({ ...address, ...this.#bucket.encryption, ChecksumAlgorithm }),
    );
    const upload = { ...address, UploadId: UploadId! };
    try {
      const part = { ...upload, PartNumber: 1, Body: BODY, ChecksumAlgorithm } as const;
      const { ETag, ChecksumCRC32 } = await this.#bucket.send(call, new UploadPartCommand(part));
      return await this.#bucket.send(
        call,
        new CompleteMultipartUploadCommand({
          ...upload,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] },
          ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
          ...(ifMatch !== undefined && { IfMatch: quotedEtag(ifMatch) }),
        }),
      );
    } catch (error) {
      await abandonUpload(this.#bucket, address, upload.UploadId, call);
      throw error;
    }
  }

  /** How a request with a condition ended. What says nothing of conditions (denied, unavailable, ...) is thrown on. */
  async #outcome(request: Promise<unknown>): Promise<"done" | "unsupported" | StorageErrorCode> {
    try {
      await request;
      return "done";
    } catch (error) {
      if (!isStorageError(error)) throw error;
      if (error.code === "ALREADY_EXISTS" || error.code === "PRECONDITION_FAILED") return error.code;
      if (error.code === "UNSUPPORTED" || httpStatusOf(error) === 400) return "unsupported";
      throw error;
    }
  }
}
