import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What `npm publish` would upload. */
export interface Tarball {
  filename: string;
  /** What is inside, by its path there. */
  files: { path: string }[];
}

/** Packs the build that lies in dist/ into a directory. */
export async function pack(directory: string): Promise<Tarball> {
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", directory]);
  const [tarball] = JSON.parse(stdout) as [Tarball];
  return tarball;
}
