import manifest from "../package.json" with { type: "json" };

/** The version of a package of bench/: they are pinned, so what package.json says is what is installed. */
export function installedVersion(name: keyof typeof manifest.dependencies): string {
  return manifest.dependencies[name];
}
