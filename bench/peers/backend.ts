import type { Session } from "../contender.js";

/** What a peer keeps its objects with, in the form that it takes, and the part of its session that goes with it. */
export interface Backend {
  readonly store: object;
  readonly session: Pick<Session, "counters" | "close">;
}
