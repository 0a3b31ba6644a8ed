/**
 * The keys of one store: `{prefix}:index`, and `{prefix}:object:<path>` for each object. What stands in braces is the hash
 * tag of Redis Cluster, so all of them lie in one slot, and one script may use them together. The scripts make the second
 * kind out of the first.
 */
export class RedisKeys {
  readonly index: string;
  readonly #objects: string;

  constructor(prefix: string) {
    // Escaped: the tag ends at the first brace, and no prefix may look like the beginning of another one's keys.
    const tag = prefix.replace(/[%{}]/g, encodeURIComponent);
    this.index = `{${tag}}:index`;
    this.#objects = `{${tag}}:object:`;
  }

  object(path: string): string {
    return this.#objects + path;
  }
}
