import assert from "node:assert/strict";
import { types } from "node:util";
import { randomBytes } from "node:crypto";
import { wholeBytes } from "../../store/body.js";
import type { ListOptions, ReadOptions, Store, StoreBody, WriteOptions } from "../../store/store.js";
import { assertRejects } from "./rejection.js";
import { assertUntouched, watchedBody } from "./sources.js";

/** How much a case writes, and how long it waits for calls that must not hang. */
export interface ConformanceLimits {
  /**
   * Size in bytes of the largest object that is written, at least 1. Default 6 MiB and one byte, so that S3 needs two
   * parts.
   */
  largeObjectSize: number;
  /**
   * Number of objects in the longest listing. Default 30. Use more than 1,000 for a store that lists in pages of that
   * size.
   */
  manyObjects: number;
  /** Milliseconds in which an aborted call must settle, before the case fails. Default 5,000. */
  settleTimeout: number;
}

/** The environment of one case: a store, and a prefix in it that nothing else uses. */
export class ConformanceContext {
  /** Ends with a slash. */
  readonly prefix = `c-${randomBytes(6).toString("hex")}/`;

  constructor(
    readonly store: Store,
    readonly limits: ConformanceLimits,
  ) {}

  /** Returns the path of an object of this case. */
  path(name: string): string {
    return this.prefix + name;
  }

  /** Writes an object of this case and returns its path. */
  async put(name: string, body: StoreBody, options?: WriteOptions): Promise<string> {
    const path = this.path(name);
    await this.store.write(path, body, options);
    return path;
  }

  /** Reads the whole content of an object, or of a range. */
  async content(path: string, options?: ReadOptions): Promise<Uint8Array> {
    const result = await this.store.read(path, options);
    return result.bytes();
  }

  /** Returns the names in a listing: paths without the prefix of this case. */
  async names(prefix = "", options?: ListOptions): Promise<string[]> {
    const names: string[] = [];
    for await (const { path } of this.store.list(this.prefix + prefix, options)) {
      assert.ok(path.startsWith(this.prefix), "a listing holds a path without the prefix");
      names.push(path.slice(this.prefix.length));
    }
    return names;
  }

  /** Asserts the content of an object. */
  async assertContent(path: string, expected: Uint8Array | string, options?: ReadOptions): Promise<void> {
    assertBytes(await this.content(path, options), expected);
  }

  /** Asserts that a write with these options is `CONFIG_INVALID`, before the body is read. */
  async assertWriteRefused(options: WriteOptions): Promise<void> {
    const path = this.path("refused");
    const body = watchedBody();
    const call = () => this.store.write(path, body, options);
    await assertRejects(call, "CONFIG_INVALID", { operation: "write", path });
    assertUntouched(body);
  }

  /** Asserts that there is no object. */
  async assertMissing(path: string): Promise<void> {
    assert.equal(await this.store.stat(path), undefined, "an object is there that must not be");
  }
}

/** Asserts that bytes are equal. Does not print megabytes where they differ. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array | string): void {
  assert.ok(types.isUint8Array(actual), "the content must be a Uint8Array");
  const wanted = wholeBytes(expected);
  assert.equal(actual.byteLength, wanted.byteLength, "the content has another length");
  if (Buffer.compare(actual, wanted) === 0) return;
  const at = wanted.findIndex((byte, index) => byte !== actual[index]);
  assert.fail(`the content differs at byte ${at}: ${actual[at] ?? "none"} where ${wanted[at] ?? "none"} was written`);
}

/** Sorts names by their UTF-8 bytes. */
export function byBytes(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Makes bytes without a short period, so that lost, repeated or swapped parts are detected. */
export function patternBytes(length: number): Uint8Array {
  const { imul } = Math; // under jest, whose globals are slow, this makes the loop fifty times as fast
  const bytes = new Uint8Array(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
