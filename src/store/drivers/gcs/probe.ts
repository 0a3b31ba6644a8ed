import type { DriverCall } from "../driver-store.js";
import { randomUUID } from "node:crypto";
import type { CallDetails } from "../../check.js";
import { isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import type { CallOptions, WriteOptions } from "../../store.js";
import type { GcsBucket } from "./bucket.js";
import { deleteObject } from "./delete.js";
import { httpStatusOf } from "./errors.js";
import { CHUNK_UNIT, type GcsFeatures } from "./options.js";
import { presignObject } from "./presign.js";
import { statObject } from "./stat.js";
import { UploadSession } from "./upload-session.js";
import { writeObject } from "./write.js";

const BODY = Buffer.from("probe");
const OTHER_GENERATION = "1";
const WRITERS = 4;

/** Finds out what a server honours, by breaking and keeping each condition, and whether the credentials can sign. */
export async function probeFeatures(bucket: GcsBucket, options: CallOptions): Promise<GcsFeatures> {
  const probe = new Probe(bucket, options.signal);
  try {
    return {
      ifNoneMatch: await probe.ifNoneMatch(),
      ifMatch: await probe.ifMatch(),
      deleteIfMatch: await probe.deleteIfMatch(),
      chunkedUpload: await probe.chunkedUpload(),
      presign: await probe.presign(),
    };
  } finally {
    await probe.cleanUp();
  }
}

class Probe {
  readonly #bucket: GcsBucket;
  readonly #signal: AbortSignal | undefined;
  readonly #paths: string[] = [];

  constructor(bucket: GcsBucket, signal: AbortSignal | undefined) {
    this.#bucket = bucket;
    this.#signal = signal;
  }

  async ifNoneMatch(): Promise<boolean> {
    const path = this.#newPath();
    // Of several writers at once one wins: a server that looks first and writes then would let more.
    const writes = Array.from({ length: WRITERS }, () => this.#outcome(this.#write(path, { ifNoneMatch: "*" })));
    const outcomes = await Promise.all(writes);
    const losers = outcomes.filter((outcome) => outcome === "ALREADY_EXISTS").length;
    return losers === WRITERS - 1 && outcomes.includes("done");
  }

  async ifMatch(): Promise<boolean> {
    const path = this.#newPath();
    await this.#write(path, {});
    if ((await this.#outcome(this.#write(path, { ifMatch: OTHER_GENERATION }))) !== "PRECONDITION_FAILED") return false;
    return (await this.#outcome(this.#write(path, { ifMatch: await this.#etag(path) }))) === "done";
  }

  async deleteIfMatch(): Promise<boolean> {
    const path = this.#newPath();
    const call = this.#call("delete", path);
    const broken = (): Promise<unknown> =>
      this.#outcome(deleteObject(this.#bucket, path, { ifMatch: OTHER_GENERATION }, call));
    if ((await broken()) !== "PRECONDITION_FAILED") return false;
    await this.#write(path, {});
    if ((await broken()) !== "PRECONDITION_FAILED") return false;
    const kept = await this.#outcome(deleteObject(this.#bucket, path, { ifMatch: await this.#etag(path) }, call));
    return kept === "done" && (await statObject(this.#bucket, path, this.#call("stat", path))) === undefined;
  }

  async chunkedUpload(): Promise<boolean> {
    const path = this.#newPath();
    const call = this.#call("write", path);
    const params = {
      name: this.#bucket.objectName(path, call.details),
      contentType: "application/octet-stream",
      metadata: undefined,
      query: {},
    };
    const session = await UploadSession.begin(this.#bucket, params, undefined, call);
    const outcome = await this.#outcome(session.send(Buffer.alloc(CHUNK_UNIT), 0));
    session.cancel();
    return outcome === "done";
  }

  async presign(): Promise<boolean> {
    const path = ".coatcheck-probe/url";
    const call = this.#call("presign", path);
    const storage = await this.#bucket.client.storage(call);
    // An emulator checks no signature, and whoever has no credentials waits seconds for those of a machine.
    if (!this.#bucket.isGoogle && storage.useAuthWithCustomEndpoint !== true) return false;
    const url = presignObject(this.#bucket, path, { method: "GET", expiresIn: 60 }, call);
    return url.then(
      () => true,
      (error: unknown) => {
        if (isStorageError(error, "PERMISSION_DENIED")) return false;
        throw error;
      },
    );
  }

  async cleanUp(): Promise<void> {
    for (const path of this.#paths) {
      // A caller that gave up still gets its bucket back clean.
      const call: DriverCall = { details: this.#call("delete", path).details };
      await deleteObject(this.#bucket, path, {}, call).catch(() => undefined);
    }
  }

  #newPath(): string {
    const path = `.coatcheck-probe/${randomUUID()}`;
    this.#paths.push(path);
    return path;
  }

  #call(operation: string, path: string): DriverCall {
    const details: CallDetails = { operation, store: "gcs", path };
    return { details, signal: this.#signal };
  }

  async #etag(path: string): Promise<string> {
    const info = await statObject(this.#bucket, path, this.#call("stat", path));
    return info?.etag ?? OTHER_GENERATION;
  }

  async #write(path: string, condition: Pick<WriteOptions, "ifNoneMatch" | "ifMatch">): Promise<unknown> {
    return writeObject(this.#bucket, path, BODY, condition, this.#call("write", path));
  }

  /** How a request ended. What says nothing of the server's abilities (denied, unavailable, ...) is thrown on. */
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
