/** Whether text can be a pattern of scopes: segments, in which `*` and `**` may stand. */
export function isScopePattern(pattern: string): boolean {
  return pattern.split("/").every((segment) => segment !== "" && (segment === "**" || !segment.includes("**")));
}

/**
 * Whether a scope is one of a pattern: `*` stands for any characters of one segment, `**`, a segment of its own, for any
 * number of segments, none too.
 */
export function fitsScopePattern(pattern: string, scope: string): boolean {
  return fits(pattern.split("/"), scope.split("/"), "**", (part, segment) =>
    fits(Array.from(part), Array.from(segment), "*", (one, other) => one === other),
  );
}

/** The usual match of wildcards: at a mismatch the last wildcard takes one item more, so that no input takes long. */
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
