import { StorageError } from "../../errors/error.js";
import { formatLocation } from "../../paths/location.js";
import type { ParsedReference } from "../../reference/reference.js";
import { throwIfAborted } from "../../async/abort.js";
import { contentAddressedDigest } from "../../object/object-name.js";
import { integrityError } from "../../hydrate/entry-bytes.js";
import { replacementOf } from "../../hydrate/replaced/replaced-entries.js";
import type { VerifySettings } from "./verify-settings.js";
import type { KnownObjects } from "./known-objects.js";
import { ReferenceCheck, type FoundReference } from "./reference-check.js";
import type { Findings } from "./report.js";

/** Checks references that were found in stored objects, without reading the objects that they point at. */
export class StoredReferences {
  private readonly check: ReferenceCheck;

  constructor(
    settings: VerifySettings,
    private readonly known: KnownObjects,
    private readonly findings: Findings,
    private readonly store: string,
  ) {
    this.check = new ReferenceCheck(settings);
  }

  /** Returns the references in a stored value. */
  find(value: unknown): Iterable<FoundReference> {
    // Only objects that are named by their content are searched. They belong to the native dialect.
    return this.check.find(value, undefined, "native");
  }

  async verify({ value, grammar, spot }: FoundReference, foundIn: string, signal: AbortSignal): Promise<void> {
    this.findings.references++;
    const place = { spot, hasSpot: true, foundIn };
    let reference: ParsedReference;
    try {
      reference = this.check.check(value, grammar);
    } catch (error) {
      this.findings.addError(error, place, "refused");
      return;
    }
    const path = formatLocation(reference.location);
    try {
      await this.assertThere(reference, path, signal);
    } catch (error) {
      throwIfAborted(signal);
      this.findings.addError(error, { ...place, path });
    }
  }

  /**
   * @throws {StorageError} `NOT_FOUND`, `INTEGRITY` when the object can't be the one that the reference was made for,
   *   and the error of the store
   */
  private async assertThere(reference: ParsedReference, path: string, signal: AbortSignal): Promise<void> {
    const object = await this.known.find(path, signal);
    if (object === undefined) {
      if (reference.encoding !== undefined && (await this.isReplaced(reference, signal))) return;
      throw new StorageError("NOT_FOUND", "A reference points at an object that is not there.", {
        ...{ operation: "verify", store: this.store, path },
      });
    }
    const { size, digest, offset } = reference;
    if (size === undefined) return;
    const fits = offset === undefined ? object.size === size : offset + size <= object.size;
    if (!fits) throw integrityError("it has not the size that a reference says", this.store, path);
    const named = offset === undefined ? contentAddressedDigest(path) : undefined;
    if (named !== undefined && named !== digest) {
      throw integrityError("its name is of another digest than a reference says", this.store, path);
    }
  }

  private async isReplaced({ location }: ParsedReference, signal: AbortSignal): Promise<boolean> {
    return (await this.known.find(formatLocation(replacementOf(location)), signal)) !== undefined;
  }
}
