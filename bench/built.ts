import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Core from "coatcheck";
import type * as S3 from "coatcheck/s3";
import { ROOT } from "./root.js";

/** The entry points of the package as it was built: what users get. */
export async function builtCore(): Promise<typeof Core> {
  return (await import(builtUrl("index"))) as typeof Core;
}

export async function builtS3(): Promise<typeof S3> {
  return (await import(builtUrl("s3"))) as typeof S3;
}

/** @param entry the name of its file: "index", "s3" */
export function builtUrl(entry: string): string {
  return pathToFileURL(join(ROOT, "dist", "esm", `${entry}.js`)).href;
}
