/** Whether a dehydrated value is a reference. The demo's data has no key of this name. */
export function isReference(value: unknown): value is { $storageRef: string } {
  return typeof value === "object" && value !== null && "$storageRef" in value;
}

/** The object paths of every reference in a dehydrated value, one for each reference. */
export function* referencedPaths(value: unknown): Generator<string> {
  if (isReference(value)) yield value.$storageRef;
  else if (typeof value === "object" && value !== null) {
    for (const child of Object.values(value)) yield* referencedPaths(child);
  }
}
