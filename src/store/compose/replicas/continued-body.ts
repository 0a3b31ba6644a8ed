import { digestText, beginSha256 } from "../../../bytes/digest.js";
import type { Hash } from "node:crypto";
import { throwIfAborted } from "../../../async/abort.js";
import { beginAttempt, failureOf, type ReplicaCall } from "./ask-replicas.js";
import { corrupt, isRange, openCopy, overlong, truncated, type CopyBody, type ReadRequest } from "./copy-body.js";
import { inOrder, unavailable, ReplicaErrors, type ReplicaFailure } from "./replica-errors.js";
import type { Replica } from "./replica.js";
import type { Chunks } from "../../store.js";

/**
 * A body that is too large to be held in memory, and so is handed out while it comes. When the copy breaks off, the
 * next copy goes on at the same byte, if it is the same version for certain:
 *
 * - The digest of the whole is known, and the next copy claims it and has the same size. The next copy is then read
 *   from that byte on. The digest covers what both copies gave, and the last bytes are withheld until it is right.
 * - Otherwise the next copy is read from the beginning, and must begin with the very bytes that were handed out. All
 *   the bytes that the reader gets are then bytes of this copy.
 *
 * A body that no copy can finish rejects with `UNAVAILABLE`. Bytes of two versions are never joined.
 */
export class ResumedBody {
  readonly #failures: ReplicaFailure[];
  readonly #rest: Replica[];
  readonly #first: CopyBody;
  #delivered = 0;
  #digest = beginSha256();

  /**
   * @param rest copies that were not asked yet, or that were given up before they answered
   * @param failures what other copies said already
   */
  constructor(
    private current: { replica: Replica; body: CopyBody },
    rest: readonly Replica[],
    failures: readonly ReplicaFailure[],
    private readonly request: ReadRequest,
    private readonly call: ReplicaCall,
  ) {
    this.#first = current.body;
    this.#rest = [...rest];
    this.#failures = [...failures];
  }

  async close(): Promise<void> {
    await this.current.body.close();
  }

  async *chunks(): Chunks {
    let broken = true;
    try {
      for (;;) {
        const step = await this.#next();
        broken = false;
        if (step === undefined) return;
        yield step.chunk;
        broken = true;
        this.#delivered += step.chunk.byteLength;
        this.#digest = step.digest;
      }
    } finally {
      // A copy that broke off may never answer.
      if (broken) this.current.body.drop();
      else await this.close();
    }
  }

  async #next(): Promise<{ chunk: Uint8Array; digest: Hash } | undefined> {
    for (;;) {
      try {
        return await this.#nextOfCurrent();
      } catch (error) {
        const { replica, body } = this.current;
        body.drop();
        throwIfAborted(this.call.signal, this.call.details);
        this.#failures.push(failureOf(replica, error, this.call));
        this.current = await this.#resume();
      }
    }
  }

  async #nextOfCurrent(): Promise<{ chunk: Uint8Array; digest: Hash } | undefined> {
    const { details } = this.request;
    const { length, digest } = this.#first;
    if (this.#delivered === length) return undefined;
    const chunk = await this.current.body.timedNext();
    if (chunk === undefined) throw truncated(this.#delivered, length, details);
    const size = this.#delivered + chunk.byteLength;
    if (size > length) throw overlong(length, details);
    const made = this.#digest.copy().update(chunk);
    if (size === length && digest !== undefined && !isRange(this.request.range)) {
      if (digestText(made.copy()) !== digest) throw corrupt(details);
    }
    return { chunk, digest: made };
  }

  async #resume(): Promise<{ replica: Replica; body: CopyBody }> {
    for (let replica = this.#rest.shift(); replica !== undefined; replica = this.#rest.shift()) {
      throwIfAborted(this.call.signal, this.call.details);
      const attempt = beginAttempt(replica, this.call);
      try {
        const body = await this.#openAtSameByte(replica, attempt);
        attempt.stop();
        return { replica, body };
      } catch (error) {
        attempt.end();
        throwIfAborted(this.call.signal, this.call.details);
        this.#failures.push(failureOf(replica, error, this.call));
      }
    }
    const failures = inOrder(this.#failures);
    const what = `The body broke off after ${this.#delivered} bytes, and no other copy could go on`;
    throw unavailable(what, failures, new ReplicaErrors(failures), this.request.details);
  }

  async #openAtSameByte(replica: Replica, attempt: ReturnType<typeof beginAttempt>): Promise<CopyBody> {
    const { digest, length } = this.#first;
    const { range, details } = this.request;
    const atByte = digest !== undefined && !isRange(range) && replica.store.capability.rangeRead;
    const wanted = atByte ? { offset: this.#delivered, length: length - this.#delivered } : range;
    const body = await openCopy(replica, this.request, wanted, attempt);
    try {
      if (body.info.size !== this.#first.info.size || body.digest !== digest) throw corrupt(details);
      if (!atByte) await this.#skipDelivered(body);
      return body;
    } catch (error) {
      body.drop();
      throw error;
    }
  }

  // Reads the bytes that the reader already has, and checks that they are the same.
  async #skipDelivered(body: CopyBody): Promise<void> {
    const { details } = this.request;
    const begun = beginSha256();
    for (let left = this.#delivered; left > 0;) {
      const chunk = await body.timedNext();
      if (chunk === undefined) throw truncated(this.#delivered - left, this.#first.length, details);
      const known = chunk.subarray(0, left);
      begun.update(known);
      body.unread(chunk.subarray(known.byteLength));
      left -= known.byteLength;
    }
    if (!begun.digest().equals(this.#digest.copy().digest())) throw corrupt(details);
  }
}
