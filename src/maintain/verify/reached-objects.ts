import { schemeOf } from "../../paths/location.js";
import { parseLocation } from "../../reference/location.js";
import { isReplacement, originalPath } from "../../object/object-name.js";

/** The objects below a prefix that payloads lead to. */
export class ReachedObjects {
  /** Whether all such objects are known. */
  isComplete = true;
  private readonly paths = new Set<string>();
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = schemeOf(prefix) === undefined ? prefix : "";
  }

  /** @param ref object path, or `scheme://container/path` */
  add(ref: string): void {
    // The path is kept without the container, which may have two names. An object that is not known to be an orphan
    // counts as none.
    const { path } = parseLocation(ref);
    if (path.startsWith(this.prefix)) this.paths.add(path);
  }

  /** Returns whether it is certain that no payload leads to an object. */
  lacks(path: string): boolean {
    if (!this.isComplete || this.paths.has(path)) return false;
    return !isReplacement(path) || !this.paths.has(originalPath(path));
  }
}
