/*
 * The segment of an object's path that says when the object expires (wire format). It stands right before the name:
 *
 * | path                                       | is dead from                     |
 * |--------------------------------------------|----------------------------------|
 * | {prefix}/{scope}/@2026-12-05T14/{name}     | 2026-12-05T14:00:00Z on          |
 * | {prefix}/{scope}/@2026-12-05/{name}        | 2026-12-05T00:00:00Z on          |
 *
 * The expiry is part of the path, so no object is used again after its expiry. A later write goes to another path.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

// Above this life, labels are whole days. There are fewer labels, and more objects share one.
const LONGEST_BY_HOUR = 2 * DAY;

// The last moment with a year of four digits.
const LAST_LABEL = Date.UTC(9999, 11, 31);

const LABEL = /^@(\d{4}-\d\d-\d\d)(?:T(\d\d))?$/;

/** Returns whether a segment of a path has the form of a label, even for a day that does not exist. */
export function looksLikeLabel(segment: string): boolean {
  return LABEL.test(segment);
}

/**
 * Returns the label of an object that must live for `ttl` milliseconds from `now` on. The time is rounded up to the
 * hour, or to the day when `ttl` is over 48 hours (UTC).
 */
export function expiryLabel(now: number, ttl: number): string {
  const unit = unitOf(ttl);
  const expiry = new Date(Math.min(Math.ceil((now + ttl) / unit) * unit, LAST_LABEL)).toISOString();
  return `@${expiry.slice(0, unit === DAY ? 10 : 13)}`;
}

/**
 * Returns the longest life of an object with a ttl, in milliseconds. An object that is written at the beginning of a
 * unit lives longest.
 */
export function longestLife(ttl: number): number {
  return ttl + unitOf(ttl);
}

function unitOf(ttl: number): number {
  return ttl > LONGEST_BY_HOUR ? DAY : HOUR;
}

/** Returns when an object with a label expires, in milliseconds since 1970; `undefined` if the segment is no label. */
export function labelExpiry(segment: string): number | undefined {
  const [, day, hour] = LABEL.exec(segment) ?? [];
  if (day === undefined) return undefined;
  const text = `${day}T${hour ?? "00"}:00:00.000Z`;
  const expiry = Date.parse(text);
  // For a day that does not exist, such as 30 February, JavaScript takes another day.
  return Number.isNaN(expiry) || new Date(expiry).toISOString() !== text ? undefined : expiry;
}

/** The parts of an object path: the scope directory, the expiry in the label, and the name. */
export interface LabelledPath {
  /** Prefix and scope. */
  readonly directory: string;
  /** Milliseconds since 1970; absent without a label. */
  readonly expires: number | undefined;
  readonly name: string;
}

/** Splits the path of an object. */
export function splitLabelledPath(path: string): LabelledPath {
  const nameStart = path.lastIndexOf("/") + 1;
  const name = path.slice(nameStart);
  const directory = path.slice(0, Math.max(nameStart - 1, 0));
  const labelStart = directory.lastIndexOf("/") + 1;
  const expires = labelExpiry(directory.slice(labelStart));
  if (expires === undefined) return { directory, expires, name };
  return { directory: directory.slice(0, Math.max(labelStart - 1, 0)), expires, name };
}
