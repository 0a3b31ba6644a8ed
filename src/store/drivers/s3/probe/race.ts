import { allEnded } from "../../../../async/concurrency.js";
import type { DriverCall } from "../../driver-store.js";
import { HeadBucketCommand, type ServiceInputTypes, type ServiceOutputTypes } from "@aws-sdk/client-s3";
import type { S3Bucket, S3Command } from "../bucket.js";

/**
 * Holds signed requests until all requests of a race are ready. They then reach the server as close together as one
 * client can send them. If each were sent as soon as it is signed, the first would often be decided before the last
 * is sent.
 */
export class StartLine {
  #open = (): void => undefined;
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));
  #missing: number;

  constructor(racers: number) {
    this.#missing = racers;
  }

  /** Makes a command wait at the line, but only the first time that it is sent. */
  hold<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: S3Command<Input, Output>,
  ): S3Command<Input, Output> {
    let isHeld = false;
    command.middlewareStack.add(
      (next) => async (args) => {
        if (!isHeld) this.leave();
        isHeld = true;
        await this.#opened;
        return next(args);
      },
      { step: "deserialize", priority: "low", name: "startLine" },
    );
    return command;
  }

  /** Counts one racer less to wait for. The racer has arrived, or will not come. */
  leave(): void {
    if (--this.#missing <= 0) this.#open();
  }
}

/**
 * Starts all racers, waits for all, and returns their outcomes. Rejects with the error of the first one that failed.
 */
export async function race<Outcome>(
  racers: number,
  run: (line: StartLine, racer: number) => Promise<Outcome>,
): Promise<Outcome[]> {
  const line = new StartLine(racers);
  return allEnded(Array.from({ length: racers }, (_, racer) => run(line, racer).finally(() => line.leave())));
}

/** Opens the connections of a race. A racer that must open one first would come too late. */
export async function warmConnections(bucket: S3Bucket, racers: number, call: DriverCall): Promise<void> {
  const ask = (line: StartLine): Promise<unknown> =>
    bucket.send(call, line.hold(new HeadBucketCommand({ Bucket: bucket.name }))).catch(() => undefined);
  await race(racers, ask); // a problem here shows in the next requests
}
