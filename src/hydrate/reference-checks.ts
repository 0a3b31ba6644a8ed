import { admitLocation } from "../access/admit.js";
import { authenticate } from "../access/authenticate.js";
import type { HydrateSettings } from "../configure/call-schemas.js";
import { allowListOf } from "../configure/confine.js";
import { isStorageError } from "../errors/error.js";
import type { Location } from "../paths/location.js";
import type { AllowList } from "../reference/allow.js";
import type { Place } from "../reference/collect.js";
import { FOREIGN_KEY, invalidReference, parseLocation } from "../reference/location.js";
import { parseReference, type ParsedReference } from "../reference/reference.js";
import { stageOf, type Stage } from "../reference/stage.js";
import { entryKey } from "../reference/stored-entry.js";
import { assertDecodable } from "./decode-codecs.js";
import { partOf } from "./entry-bytes.js";
import { assertOutside, newHolder, type EntryNode, type StorageReferenceKind } from "./entry-node.js";
import { invalidAt } from "./recognise-reference.js";

/** Checks the references of one hydration before any I/O. */
export class ReferenceChecks {
  // One location for each text, because all references into a pack have the same text.
  private readonly locations = new Map<string, Location>();
  private readonly admitted = new Set<Location>();
  private allowed: AllowList | undefined;

  /** @param root where the hydrated value goes: messages say where in it a reference stands */
  constructor(
    private readonly settings: HydrateSettings,
    private readonly root: Place,
  ) {}

  /**
   * Checks everything about a reference that can be checked without I/O: its form, signature, location and codecs.
   *
   * @param place where its value goes
   * @param rest the part that is selected after its own `$storagePath`
   * @throws {StorageError} `INVALID_REFERENCE`, `SIGNATURE_INVALID`, `REFERENCE_DENIED`, `UNKNOWN_SCHEME`, `DECODE_FAILED`,
   *   `CYCLIC_REFERENCE`
   */
  nodeOf(
    place: Place,
    value: Readonly<Record<string, unknown>>,
    kind: StorageReferenceKind,
    rest: Stage | undefined,
  ): EntryNode {
    try {
      if (kind.isSpoilt === true) throw invalidReference(FOREIGN_KEY);
      const fields = authenticate(value, kind.grammar, this.settings, "hydrate")?.fields ?? value;
      return this.prepare(place, parseReference(fields, kind.grammar, this.locate), kind.parent, rest);
    } catch (error) {
      throw isStorageError(error, "INVALID_REFERENCE") ? invalidAt(error, this.root, kind.parent, place) : error;
    }
  }

  private readonly locate = (ref: string): Location => {
    let location = this.locations.get(ref);
    if (location === undefined) this.locations.set(ref, (location = parseLocation(ref)));
    return location;
  };

  private prepare(
    place: Place,
    reference: ParsedReference,
    parent: EntryNode | undefined,
    rest: Stage | undefined,
  ): EntryNode {
    const { location, path } = reference;
    if (!this.admitted.has(location)) {
      admitLocation(location, (this.allowed ??= allowListOf(this.settings)), this.settings.store);
      this.admitted.add(location);
    }
    assertDecodable(reference, this.settings.codecs);
    partOf(reference);
    const key = entryKey(reference);
    assertOutside(key, parent, location);
    const stage = stageOf(path, rest);
    return {
      place,
      parent,
      reference,
      stage,
      key,
      holder: newHolder(),
      schema: undefined,
      isWhole: true,
      children: [],
    };
  }
}
