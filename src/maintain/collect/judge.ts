import { streamTime } from "../../object/object-name.js";
import { roleOf, type ObjectRole } from "../../object/reserved-names.js";
import type { ManagerSettings } from "../../configure/settings.js";
import { parseLocation } from "../../reference/location.js";
import type { ObjectInfo } from "../../store/store.js";
import type { KeptObjects } from "./report.js";

// How long leftovers stay after the time limit of a call, in milliseconds.
const LEFTOVER_GRACE = 3_600_000;

/** The objects that payloads in use lead to. */
export interface LiveObjects {
  has(path: string, directory: string): boolean;
}

/**
 * The decision on one object:
 * - `delete`: its path alone says that it has expired
 * - `unreached`: nobody needs it; it goes if it is still as it was listed
 * - `marker`: it goes when nothing else is left in its scope
 * - `own`: an object of the collector itself, which is not counted
 * - all others: why it is kept
 */
export type Verdict = "delete" | "unreached" | "marker" | "own" | keyof KeptObjects;

/** Decides by path and age which objects to delete. */
export class ObjectJudge {
  /**
   * @param now the time when the pass began, before it looked at payloads in use. The payloads that it looked at need
   *   not lead to objects that were written since. So such an object is never old, however long the look took
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

  // In the dialect bubustack names say nothing. There, every object with a label and the right suffix is a payload.
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

  // An object of unknown age is never old. Without a minimum age the clocks are not compared, because they differ.
  private isOlder(since: number | undefined, age: number): boolean {
    return age === 0 || (since !== undefined && this.now - since >= age);
  }
}
