import { allEnded } from "../../../async/concurrency.js";
import { isStorageError } from "../../../errors/error.js";
import type { CallOptions, WriteOptions } from "../../store.js";
import { conditionOf } from "../driver-store.js";
import { Probe, outcomeOf, type Outcome } from "../probe.js";
import type { GcsBucket } from "./bucket.js";
import { deleteObject, statObject } from "./object.js";
import { GCS_ERRORS } from "./errors.js";
import { CHUNK_UNIT, type GcsFeatures } from "./options.js";
import { presignObject } from "./presign.js";
import { UploadSession } from "./upload-session.js";
import { writeObject } from "./write.js";

const BODY = Buffer.from("probe");
const OTHER_GENERATION = "1";
// Only one of two writers at once may win. A server that checks first and writes later lets both win if it takes them up
// together, which a busy server does at some objects only.
const OBJECTS = 8;
const WRITERS = 2;

/**
 * Tests which features a server honours, and whether the credentials can sign. Tries each condition both broken and
 * fulfilled.
 */
export async function probeFeatures(bucket: GcsBucket, options: CallOptions): Promise<GcsFeatures> {
  const probe = new GcsProbe({ name: "gcs", statObject, deleteObject }, bucket, options);
  return probe.finding(async () => ({
    ifNoneMatch: await probe.ifNoneMatch(),
    ifMatch: await probe.ifMatch(),
    deleteIfMatch: await probe.deleteIfMatch(),
    chunkedUpload: await probe.chunkedUpload(),
    presign: await probe.presign(),
  }));
}

class GcsProbe extends Probe<GcsBucket> {
  async ifNoneMatch(): Promise<boolean> {
    const isWonOnce = async (path: string): Promise<boolean> => {
      const writes = Array.from({ length: WRITERS }, () => this.#outcome(this.#write(path, { ifNoneMatch: "*" })));
      const outcomes = await allEnded(writes);
      return outcomes.includes("done") && outcomes.includes("refused");
    };
    const objects = Array.from({ length: OBJECTS }, () => isWonOnce(this.newPath()));
    return (await allEnded(objects)).every(Boolean);
  }

  async ifMatch(): Promise<boolean> {
    const path = this.newPath();
    await this.#write(path, {});
    if ((await this.#outcome(this.#write(path, { ifMatch: OTHER_GENERATION }))) !== "refused") return false;
    return (await this.#outcome(this.#write(path, { ifMatch: await this.#etag(path) }))) === "done";
  }

  async deleteIfMatch(): Promise<boolean> {
    const path = this.newPath();
    const call = this.call("delete", path, "ifMatch");
    const broken = (): Promise<unknown> =>
      this.#outcome(deleteObject(this.bucket, path, { ifMatch: OTHER_GENERATION }, call));
    if ((await broken()) !== "refused") return false;
    await this.#write(path, {});
    if ((await broken()) !== "refused") return false;
    const kept = await this.#outcome(deleteObject(this.bucket, path, { ifMatch: await this.#etag(path) }, call));
    return kept === "done" && (await this.stat(path)) === undefined;
  }

  async chunkedUpload(): Promise<boolean> {
    const path = this.newPath();
    const call = this.call("write", path);
    const params = {
      name: this.bucket.objectName(path, call.details),
      contentType: "application/octet-stream",
      metadata: undefined,
      query: {},
    };
    const session = await UploadSession.begin(this.bucket, params, undefined, call);
    const outcome = await this.#outcome(session.send(Buffer.alloc(CHUNK_UNIT), 0));
    session.cancel();
    return outcome === "done";
  }

  async presign(): Promise<boolean> {
    const path = ".coatcheck-probe/url";
    const call = this.call("presign", path);
    const storage = await this.bucket.client.storage(call);
    // An emulator checks no signature. Without credentials, the library waits seconds for those of a machine.
    if (!this.bucket.isGoogle && storage.useAuthWithCustomEndpoint !== true) return false;
    const url = presignObject(this.bucket, path, { method: "GET", expiresIn: 60 }, call);
    return url.then(
      () => true,
      (error: unknown) => {
        if (isStorageError(error, "PERMISSION_DENIED")) return false;
        throw error;
      },
    );
  }

  async #etag(path: string): Promise<string> {
    return (await this.stat(path))?.etag ?? OTHER_GENERATION;
  }

  async #write(path: string, options: Pick<WriteOptions, "ifNoneMatch" | "ifMatch">): Promise<unknown> {
    return writeObject(this.bucket, path, BODY, options, this.call("write", path, conditionOf(options)));
  }

  #outcome(request: Promise<unknown>): Promise<Outcome> {
    return outcomeOf(request, GCS_ERRORS);
  }
}
