import type { ManagerSettings } from "../../configure/settings.js";
import { roleOf } from "../../object/reserved-names.js";
import { parseLocation } from "../../reference/location.js";
import { directoryOf } from "../../paths/location.js";
import { listObjects } from "../list-objects.js";

/** Finds the markers of `done` whose scope holds nothing else any more. */
export class LoneMarkers {
  // The markers of one scope come one after the other.
  private last: { readonly directory: string; readonly isLone: Promise<boolean> } | undefined;

  /**
   * @param settings the settings of the manager, whatever prefix a call looks below. A scope lies below both prefixes
   *   of the manager
   */
  constructor(private readonly settings: ManagerSettings) {}

  isLone(marker: string, signal: AbortSignal): Promise<boolean> {
    const directory = directoryOf({ path: directoryOf({ path: marker }) });
    if (this.last?.directory !== directory) this.last = { directory, isLone: this.isEmpty(directory, signal) };
    return this.last.isLone;
  }

  private async isEmpty(directory: string, signal: AbortSignal): Promise<boolean> {
    for (const one of this.directoriesOf(directory)) {
      for await (const { path } of listObjects(`${one}/`, { signal }, this.settings)) {
        const { role } = roleOf(parseLocation(path).path);
        if (role !== "marker" && role !== "tombstone" && role !== "own") return false;
      }
    }
    return true;
  }

  /** Returns the directories of the scope whose markers lie in a given directory. */
  private directoriesOf(directory: string): Set<string> {
    const { outputPrefix, inputPrefix } = this.settings;
    const prefixes = [outputPrefix, inputPrefix];
    const own = prefixes.find((prefix) => directory.startsWith(`${prefix}/`));
    if (own === undefined) return new Set([directory]);
    return new Set(prefixes.map((prefix) => prefix + directory.slice(own.length)));
  }
}
