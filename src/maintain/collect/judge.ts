import { streamTime } from "../../object/object-name.js";
import { roleOf, type ObjectRole } from "../../object/reserved-names.js";
import type { ManagerSettings } from "../../configure/settings.js";
import { parseLocation } from "../../reference/location.js";
import type { ObjectInfo } from "../../store/store.js";
import type { KeptObjects } from "./report.js";

// What is left after the time limit of a call. ms
const LEFTOVER_GRACE = 3_600_000;

/** Which objects payloads in use lead to. */
export interface LiveObjects {
  has(path: string, directory: string): boolean;
}

/**
 * - `delete`: it is over by its path alone; `unreached`: nobody needs it, if it is still as it was listed
 * - `marker`: it goes when nothing is left in its scope
 * - `own`: the collector's own, not counted; else why it is kept
 */
export type Verdict = "delete" | "unreached" | "marker" | "own" | keyof KeptObjects;

/** Decides what becomes of objects, by path and age. */
export class ObjectJudge {
  /**
   * @param now when the pass began, before it looked at payloads in use: what was written since, none of those that were
   *   looked at need lead to, so it is not old, however long the look took
   */
  constructor(
    private readonly settings: ManagerSettings,
    private readonly now: number,
    private readonly minAge: number,
    private readonly live: LiveObjects | undefined,
  ) {}

  judge(object: ObjectInfo): Verdict {
    const known = roleOf(parseLocation(object.path).path);
    switch (this.roleOf(object, known)) {
      case "own":
        return "own";
      case "marker":
        return this.isOlder(object.lastModified?.getTime(), this.minAge) ? "marker" : "young";
      case "unknown":
        return "unknown";
      case "leftover":
        return this.judgeLeftover(object, known);
      case "tombstone":
      case "payload":
        return this.judgeByLabel(object, known);
    }
  }

  // In the dialect bubustack names say nothing: there all with a label that ends as its objects do is one.
  private roleOf({ path }: ObjectInfo, { role, expires }: ObjectRole): ObjectRole["role"] {
    const isBubustack = this.settings.dialect === "bubustack" && expires !== undefined && path.endsWith(".json");
    return role === "unknown" && isBubustack ? "payload" : role;
  }

  private judgeByLabel(object: ObjectInfo, { expires, directory }: ObjectRole): Verdict {
    const { live } = this;
    if (live?.has(object.path, directory) === true) return "live";
    if (expires !== undefined) return this.isOver(expires) ? "delete" : "unexpired";
    if (live === undefined) return "unlabelled";
    return this.isOlder(object.lastModified?.getTime(), this.minAge) ? "unreached" : "young";
  }

  private judgeLeftover({ path, lastModified }: ObjectInfo, { expires }: ObjectRole): Verdict {
    if (expires !== undefined && this.isOver(expires)) return "delete";
    const written = lastModified?.getTime() ?? streamTime(path);
    return this.isOlder(written, this.settings.timeout + LEFTOVER_GRACE) ? "delete" : "young";
  }

  private isOver(expires: number): boolean {
    return expires + this.settings.retention.margin <= this.now;
  }

  // Of unknown age nothing is old. Without an age nothing is asked: clocks differ.
  private isOlder(since: number | undefined, age: number): boolean {
    return age === 0 || (since !== undefined && this.now - since >= age);
  }
}
