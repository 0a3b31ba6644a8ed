/** Returns whether text can be a pattern of scopes. A pattern has segments, which may hold `*` and `**`. */
export function isScopePattern(pattern: string): boolean {
  return pattern.split("/").every((segment) => segment !== "" && (segment === "**" || !segment.includes("**")));
}

/**
 * Returns whether a scope fits a pattern. Here `*` stands for any characters of one segment. A `**` is a segment of
 * its own, and stands for any number of segments, including none.
 */
export function fitsScopePattern(pattern: string, scope: string): boolean {
  return fits(pattern.split("/"), scope.split("/"), "**", (part, segment) =>
    fits(Array.from(part), Array.from(segment), "*", (one, other) => one === other),
  );
}

/** Matches wildcards in the usual way. At a mismatch, the last wildcard takes one more item. So no input takes long. */
function fits(
  parts: readonly string[],
  items: readonly string[],
  wildcard: string,
  same: (part: string, item: string) => boolean,
): boolean {
  let part = 0;
  let item = 0;
  let last: { readonly part: number; item: number } | undefined;
  while (item < items.length) {
    if (parts[part] === wildcard) {
      last = { part, item };
      part++;
    } else if (part < parts.length && same(parts[part]!, items[item]!)) {
      part++;
      item++;
    } else if (last === undefined) {
      return false;
    } else {
      part = last.part + 1;
      item = ++last.item;
    }
  }
  return parts.slice(part).every((rest) => rest === wildcard);
}
