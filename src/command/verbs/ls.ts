import { splitLabelledPath } from "../../object/expiry-label.js";
import type { ObjectInfo } from "../../store/store.js";
import { noteMissingDirectory } from "../missing-directory.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

/** An object in a listing. */
export interface ListedObject {
  readonly path: string;
  readonly size: number;
  readonly lastModified?: string;
  readonly expires?: string;
}

function listedObject({ path, size, lastModified }: ObjectInfo): ListedObject {
  const { expires } = splitLabelledPath(path);
  return {
    path,
    size,
    ...(lastModified !== undefined && { lastModified: lastModified.toISOString() }),
    ...(expires !== undefined && { expires: new Date(expires).toISOString() }),
  };
}

export const run: RunVerb = async (call) => {
  const {
    args: [prefix = ""],
    options,
    manager,
    output,
    signal,
    goOnWith,
  } = call;
  const { limit, startAfter } = options as FlagsOf<"ls">;
  await noteMissingDirectory(call);
  const objects = (await manager()).list(prefix, { limit, startAfter, signal });
  async function* rows(): AsyncGenerator<ListedObject> {
    for await (const object of objects) {
      yield listedObject(object);
      goOnWith(`--start-after ${JSON.stringify(object.path)}`);
    }
  }
  await output.list({
    name: "objects",
    rows: rows(),
    columns: [
      { title: "SIZE", width: 12, isNumber: true, text: ({ size }) => size },
      { title: "MODIFIED", width: 24, text: ({ lastModified }) => lastModified },
      { title: "EXPIRES", width: 24, text: ({ expires }) => expires },
      { title: "PATH", width: 0, text: ({ path }) => path },
    ],
  });
};
