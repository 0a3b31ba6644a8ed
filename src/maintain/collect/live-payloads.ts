import type { ManagerParts } from "../../call/call.js";
import type { SharedReads } from "../../hydrate/reads/shared-reads.js";
import { isReplacement, originalPath } from "../../object/object-name.js";
import { roleOf } from "../../object/reserved-names.js";
import { locationProblem } from "../../paths/location.js";
import { parseLocation } from "../../reference/location.js";
import type { Store } from "../../store/store.js";
import { followPayloads } from "../verify/follow-payloads.js";
import { PayloadWalk } from "../verify/payload-walk.js";
import { Findings } from "../verify/report.js";
import { verifySettings } from "../verify/verify-settings.js";
import type { LiveObjects } from "./judge.js";
import { PathSet } from "./path-set.js";
import { addProblem, type CollectReport } from "./report.js";

/**
 * The objects that payloads in use lead to. An entry that can't be followed keeps its whole scope. It keeps everything
 * when it may lead anywhere.
 */
export class LivePayloads implements LiveObjects {
  /** Number of payloads. */
  count = 0;
  private readonly paths = new PathSet();
  private readonly directories = new Set<string>();
  // Whether an entry may lead to objects in unknown places.
  private isOpen = false;

  private constructor() {}

  /**
   * Follows payloads.
   *
   * @param report is told which entries can't be followed
   */
  static async follow(
    payloads: Iterable<unknown> | AsyncIterable<unknown>,
    store: Store,
    { settings, source }: ManagerParts & { readonly source: { readonly shared: SharedReads } },
    report: CollectReport,
    signal: AbortSignal,
  ): Promise<LivePayloads> {
    const live = new LivePayloads();
    const verified = verifySettings(settings, "prefix", {});
    const findings = new Findings({
      maxProblems: 0,
      onProblem: ({ path, error }) => {
        if (error !== undefined) addProblem(report, path ?? "", error.code);
      },
    });
    const newWalk = (): PayloadWalk =>
      new PayloadWalk(store, verified, source.shared, findings, {
        countsObjects: false,
        skipsBinary: true,
        onReached: (path) => live.paths.add(parseLocation(path).path),
        onUnfollowed: (path) => live.keepScope(path),
      });
    live.count = await followPayloads(payloads, newWalk, () => undefined, signal);
    return live;
  }

  /** @param directory prefix and scope of the object */
  has(path: string, directory: string): boolean {
    // The path is compared without the container, which may have two names.
    const own = parseLocation(path).path;
    if (this.isOpen || this.directories.has(directory) || this.paths.has(own)) return true;
    return isReplacement(own) && this.paths.has(originalPath(own));
  }

  private keepScope(path: string | undefined): void {
    if (path === undefined || locationProblem(path) !== undefined) this.isOpen = true;
    else this.directories.add(roleOf(parseLocation(path).path).directory);
  }
}
