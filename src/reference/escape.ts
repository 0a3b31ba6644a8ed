const RESERVED = /^\$+(?:storage|bubu)/;
const DOLLAR = 0x24;
const ESCAPED = /^\$\$+(?:storage|bubu)/;

/** A key of user data as it is written: with one more `$` if it could be taken for a key of a reference. */
export function escapeKey(key: string): string {
  return RESERVED.test(key) ? `$${key}` : key;
}

/** Whether {@link unescapeKey} gives another key. */
export function isEscapedKey(key: string): boolean {
  return key.charCodeAt(0) === DOLLAR && ESCAPED.test(key); // few keys begin with one, and the expression takes longer
}

/** The key of user data that {@link escapeKey} made `key` from. */
export function unescapeKey(key: string): string {
  return isEscapedKey(key) ? key.slice(1) : key;
}

/** Whether some key begins with `$`, as those of references do. */
export function hasDollarKey(keys: readonly string[]): boolean {
  for (const key of keys) {
    if (key.charCodeAt(0) === 0x24) return true;
  }
  return false;
}
