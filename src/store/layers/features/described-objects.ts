import { isStorageError } from "../../../errors/error.js";
import { abortable } from "../../../async/abort.js";
import type { ObjectInfo, Store } from "../../store.js";
import { LINK_SIZE, markIn, targetOf } from "./link.js";
import type { PathLocks } from "./path-locks.js";
import { attributesOf, versionTag, type Attributes, type Sidecar } from "./sidecar.js";
import { asOwn, type SidecarCall, type Sidecars } from "./sidecars.js";

// Most looks at one object. A reader that is always disturbed stops waiting for a moment in which nobody writes.
const MOST_LOOKS = 8;

/** An object with the attributes of this version of it, or the target, if the object is a link. */
export type Described<Found> =
  { found: Found; attributes: Attributes | undefined; target?: undefined } | { target: string };

/** The way to look at an object: only described, or opened. */
export interface Look<Found> {
  find(): Promise<Found | undefined>;
  infoOf(found: Found): ObjectInfo;
  discard(found: Found): Promise<void>;
}

/** Looks at objects together with their sidecars. */
export class DescribedObjects {
  constructor(
    private readonly store: Store,
    private readonly sidecars: Sidecars,
    private readonly locks: PathLocks,
    private readonly links: boolean,
  ) {}

  /**
   * Returns an object with the attributes of this very version. Object and sidecar are two objects. Both are looked
   * at again when they do not belong together, or when a call of this process changed the path meanwhile. The sidecar
   * is read first, so that an open body never waits for another call. Over a store that takes only a few calls at a
   * time, it might wait for ever.
   */
  async look<Found>(path: string, look: Look<Found>, call: SidecarCall): Promise<Described<Found> | undefined> {
    let noLink: string | undefined;
    for (let looks = 1; ; looks++) {
      const watch = this.locks.watch(path);
      try {
        const sidecar = await this.sidecars.read(path, call);
        const found = await look.find();
        if (found === undefined) return undefined;
        const info = look.infoOf(found);
        const attributes = attributesOf(sidecar, info);
        const isLast = looks >= MOST_LOOKS;
        if (this.#mayBeLink(info, sidecar) && tagOf(info) !== noLink && !isLast) {
          await look.discard(found);
          const { mark, tag } = await this.#read(path, call);
          const target = targetOf(sidecar, mark);
          if (target !== undefined) return { target };
          noLink = tag;
          continue;
        }
        const mismatched = sidecar?.attributes !== undefined && attributes === undefined;
        const isSettled = attributes !== undefined || !(watch.disturbed || (mismatched && looks === 1));
        if (isSettled || isLast) return { found, attributes };
        await look.discard(found);
      } finally {
        watch.end();
      }
      await this.locks.idle(path, call.signal, call.details);
    }
  }

  /** Returns the mark of the link at a path, if there is one. */
  async markAt(path: string, call: SidecarCall): Promise<string | undefined> {
    return (await this.#read(path, call)).mark;
  }

  #mayBeLink(info: ObjectInfo, sidecar: Sidecar | undefined): boolean {
    return this.links && info.size === LINK_SIZE && sidecar?.links !== undefined;
  }

  async #read(path: string, call: SidecarCall): Promise<{ mark?: string | undefined; tag?: string | undefined }> {
    const { signal, details } = call;
    try {
      const result = await abortable(this.store.read(path, { signal }), signal, details, (late) => late.cancel());
      const tag = tagOf(result.info);
      if (result.info.size === LINK_SIZE) return { tag, mark: markIn(await result.bytes()) };
      await result.cancel();
      return { tag };
    } catch (error) {
      if (isStorageError(error, "NOT_FOUND")) return {};
      throw asOwn(error, path, call);
    }
  }
}

function tagOf(info: ObjectInfo): string | undefined {
  const tag = versionTag(info);
  return tag && JSON.stringify(tag);
}
