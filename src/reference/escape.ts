const RESERVED = /^\$+(?:storage|bubu)/;
const DOLLAR = 0x24;
const ESCAPED = /^\$\$+(?:storage|bubu)/;

/** Returns how a key of user data is written. It gets one more `$` if it could be mistaken for a key of a reference. */
export function escapeKey(key: string): string {
  return RESERVED.test(key) ? `$${key}` : key;
}

/** Returns whether {@link unescapeKey} would change the key. */
export function isEscapedKey(key: string): boolean {
  return key.charCodeAt(0) === DOLLAR && ESCAPED.test(key); // few keys begin with it; the expression is slower
}

/** Returns the key of user data that {@link escapeKey} made `key` from. */
export function unescapeKey(key: string): string {
  return isEscapedKey(key) ? key.slice(1) : key;
}

/** Returns whether some key begins with `$`, as the keys of references do. */
export function hasDollarKey(keys: readonly string[]): boolean {
  for (const key of keys) {
    if (key.charCodeAt(0) === 0x24) return true;
  }
  return false;
}
