import type { Capability } from "../../capability.js";
import type { Feature } from "./options.js";

/** What a store can do together with what is emulated, each only where the store has what that needs. */
export function effectiveCapability(
  native: Readonly<Capability>,
  simulate: ReadonlySet<Feature>,
): Readonly<Capability> {
  const metadata = simulate.has("metadata") && canKeepSidecars(native);
  return Object.freeze({
    ...native,
    metadata: native.metadata || metadata,
    contentType: native.contentType || metadata,
    copy: native.copy || (simulate.has("copy") && native.read && native.write),
    ifNoneMatch: native.ifNoneMatch || (simulate.has("if-absent") && native.stat && native.write),
  });
}

/** Whether a store can have something beside its objects: written, found again, and removed with them. */
export function canKeepSidecars({ read, write, stat, delete: remove }: Readonly<Capability>): boolean {
  return read && write && stat && remove;
}
