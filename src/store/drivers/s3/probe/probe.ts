import { allEnded } from "../../../../async/concurrency.js";
import type { CallOptions } from "../../../store.js";
import { Probe, type Outcome } from "../../probe.js";
import type { S3Bucket } from "../bucket.js";
import { deleteObject, statObject } from "../object.js";
import type { S3Conditions } from "../options.js";
import {
  deleteIfMatch,
  writeAtOnce,
  writeInParts,
  type Attempt,
  type Condition,
  type ProbeWrite,
} from "./probe-requests.js";
import { race, StartLine, warmConnections } from "./race.js";
import { writeObject } from "../write.js";

const SMALL = Buffer.from("probe");
// A server may check before the body comes, and write after it. With a longer body, it misses more.
const LARGER = Buffer.alloc(256 * 1024, "probe");

const OTHER_ETAG = '"00000000000000000000000000000000"';
const IF_ABSENT: Condition = { ifNoneMatch: "*" };

// A server that checks first and writes later fails only for requests that it takes up together. A busy server takes up
// one, and refuses all that come after it. So many objects with two racers each show more than one object with many.
const OBJECTS = 8;
const RACERS = 2;

/** Rounds of a race. One round is not enough, since such a server does not fail in every round. */
interface Heat {
  readonly write: ProbeWrite;
  readonly body: Uint8Array;
  readonly rounds: number;
}

const HEATS: readonly Heat[] = [
  { write: writeAtOnce, body: SMALL, rounds: 4 },
  { write: writeAtOnce, body: LARGER, rounds: 1 },
  { write: writeInParts, body: SMALL, rounds: 3 },
];
const DELETE_ROUNDS = 3;

/**
 * Tests which conditions a server honours. Tries each condition both broken and fulfilled, and lets many requests
 * race under it.
 */
export async function probeConditions(bucket: S3Bucket, options: CallOptions): Promise<S3Conditions> {
  const probe = new S3Probe({ name: "s3", statObject, deleteObject }, bucket, options);
  return probe.finding(async () => {
    await probe.write(); // a failure without a condition says nothing about conditions
    return {
      ifNoneMatch: await probe.ifNoneMatch(),
      ifMatch: await probe.ifMatch(),
      deleteIfMatch: await probe.deleteIfMatch(),
    };
  });
}

class S3Probe extends Probe<S3Bucket> {
  async write(): Promise<void> {
    await this.#put(this.newPath());
  }

  async ifNoneMatch(): Promise<boolean> {
    for (const write of [writeAtOnce, writeInParts]) {
      const path = this.newPath();
      if ((await write(this.#attempt(path), IF_ABSENT)) !== "done") return false;
      if ((await write(this.#attempt(path), IF_ABSENT)) !== "refused") return false;
    }
    return this.#holdsInRaces(() => Promise.resolve(IF_ABSENT));
  }

  async ifMatch(): Promise<boolean> {
    for (const write of [writeAtOnce, writeInParts]) {
      const path = this.newPath();
      if ((await write(this.#attempt(path), { ifMatch: OTHER_ETAG })) !== "refused") return false;
      const etag = await this.#put(path);
      if ((await write(this.#attempt(path), { ifMatch: OTHER_ETAG })) !== "refused") return false;
      if ((await write(this.#attempt(path), { ifMatch: etag })) !== "done") return false;
    }
    return this.#holdsInRaces(async (path) => ({ ifMatch: await this.#put(path) }));
  }

  async deleteIfMatch(): Promise<boolean> {
    const path = this.newPath();
    if ((await deleteIfMatch(this.#attempt(path), OTHER_ETAG)) !== "refused") return false;
    const etag = await this.#put(path);
    if ((await deleteIfMatch(this.#attempt(path), OTHER_ETAG)) !== "refused") return false;
    if ((await deleteIfMatch(this.#attempt(path), etag)) !== "done") return false;
    if ((await this.stat(path)) !== undefined) return false;
    for (let round = 0; round < DELETE_ROUNDS; round++) {
      if (!(await this.#isWonOnce((raced) => this.#put(raced), deleteIfMatch))) return false;
    }
    return true;
  }

  /** Tells whether at most one of the writers of an object under one condition succeeds, in every round. */
  async #holdsInRaces(prepare: (path: string) => Promise<Condition>): Promise<boolean> {
    for (const { write, body, rounds } of HEATS) {
      const run = (attempt: Attempt, condition: Condition, racer: number): Promise<Outcome> => {
        // Each racer has its own bytes. A write of bytes that are there already would leave the etag, so that
        // others could follow.
        return write({ ...attempt, body: Buffer.concat([Buffer.from(`${racer} `), body]) }, condition);
      };
      for (let round = 0; round < rounds; round++) {
        if (!(await this.#isWonOnce(prepare, run))) return false;
      }
    }
    return true;
  }

  /** Lets racers run for several objects at once, and tells whether at most one succeeds for each object. */
  async #isWonOnce<Prepared>(
    prepare: (path: string) => Promise<Prepared>,
    run: (attempt: Attempt, prepared: Prepared, racer: number) => Promise<Outcome>,
  ): Promise<boolean> {
    const paths = Array.from({ length: OBJECTS }, () => this.newPath());
    const prepared = await allEnded(paths.map(prepare));
    await warmConnections(this.bucket, OBJECTS * RACERS, this.call("probe", paths[0]!));
    // The racers of one object follow each other, so that they are sent together.
    const outcomes = await race(OBJECTS * RACERS, (line, racer) => {
      const object = Math.floor(racer / RACERS);
      return run({ ...this.#attempt(paths[object]!), line }, prepared[object]!, racer);
    });
    // A conflict means that the server made no decision, so no writer succeeded.
    const winners = paths.map((_, object) => outcomes.slice(object * RACERS, (object + 1) * RACERS).filter(isDone));
    return !outcomes.includes("unsupported") && winners.every(({ length }) => length <= 1);
  }

  #attempt(path: string): Attempt {
    return { bucket: this.bucket, path, call: this.call("probe", path), body: SMALL, line: new StartLine(1) };
  }

  /** Writes without a condition, and returns the etag. A server without etags can't honour conditions. */
  async #put(path: string): Promise<string> {
    await writeObject(this.bucket, path, SMALL, {}, this.call("write", path));
    return (await this.stat(path))?.etag ?? OTHER_ETAG;
  }
}

function isDone(outcome: Outcome): boolean {
  return outcome === "done";
}
