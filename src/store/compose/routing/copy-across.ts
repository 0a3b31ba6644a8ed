import type { Observers } from "../../../observe/observer.js";
import { tell } from "../../../observe/tell.js";
import { abortable } from "../../../async/abort.js";
import { copyByWriting, keptAttributes } from "../../copy-by-writing.js";
import { requireCapability } from "../../capability.js";
import type { CallOptions, ObjectInfo, ReadResult, Store, StoreBody, WriteOptions } from "../../store.js";
import { asGiven, routed, routedResult, type Route } from "./route.js";

/** One end of a copy. */
export interface CopyEnd {
  readonly store: Store;
  readonly route: Route;
}

/**
 * Copies an object from one store into another. The object is read and written at the same time, as fast as the
 * slower store. The copy keeps content type and metadata if the target store can keep them. The observer hears of
 * those that it can't keep.
 */
export async function copyAcross(
  from: CopyEnd,
  to: CopyEnd,
  { signal }: CallOptions,
  observer: Observers | undefined,
): Promise<ObjectInfo> {
  requireCapability(from.store, "read", "copy", from.route.text);
  requireCapability(to.store, "write", "copy", to.route.text);
  const read = async (): Promise<ReadResult> =>
    routedResult(await routed(from.store.read(from.route.path, { signal }), from.route), from.route);
  const write = (body: StoreBody, { contentType, metadata, ...options }: WriteOptions): Promise<ObjectInfo> => {
    const attributes = attributesFor(to.store, { contentType, metadata }, observer);
    return abortable(routed(to.store.write(to.route.path, body, { ...attributes, ...options }), to.route), signal);
  };
  return asGiven(await copyByWriting(read, write, { signal }), to.route);
}

function attributesFor(store: Store, attributes: WriteOptions, observer: Observers | undefined): WriteOptions {
  for (const option of ["contentType", "metadata"] as const) {
    if (attributes[option] === undefined || store.capability[option]) continue;
    tell(observer, "option_dropped", store.name, { during: "copy", option });
  }
  return keptAttributes(store.capability, attributes);
}
