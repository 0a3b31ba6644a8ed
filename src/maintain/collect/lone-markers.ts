import type { ManagerSettings } from "../../configure/settings.js";
import { roleOf } from "../../object/reserved-names.js";
import { parseLocation } from "../../reference/location.js";
import { directoryOf } from "../../paths/location.js";
import { listObjects } from "../list-objects.js";

/** Finds the markers of `done` whose scope holds nothing else any more. */
export class LoneMarkers {
  // Markers of one scope come one after the other.
  private last: { readonly directory: string; readonly isLone: Promise<boolean> } | undefined;

  /** @param prefixes a scope lies below each of them */
  constructor(
    private readonly prefixes: readonly string[],
    private readonly settings: ManagerSettings,
  ) {}

  isLone(marker: string, signal: AbortSignal): Promise<boolean> {
    const directory = directoryOf({ path: directoryOf({ path: marker }) });
    if (this.last?.directory !== directory) this.last = { directory, isLone: this.isEmpty(directory, signal) };
    return this.last.isLone;
  }

  private async isEmpty(directory: string, signal: AbortSignal): Promise<boolean> {
    const own = this.prefixes.find((prefix) => directory.startsWith(`${prefix}/`))!;
    for (const prefix of this.prefixes) {
      const beside = prefix + directory.slice(own.length);
      for await (const { path } of listObjects(`${beside}/`, { signal }, this.settings)) {
        const { role } = roleOf(parseLocation(path).path);
        if (role !== "marker" && role !== "tombstone") return false;
      }
    }
    return true;
  }
}
