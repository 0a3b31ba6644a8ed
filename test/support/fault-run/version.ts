import type { ObjectInfo } from "../../../src/store/store.js";

/** What one write put at a path. */
export interface Version {
  readonly bytes: Buffer;
  /** Given when the store keeps them. */
  readonly contentType?: string;
  readonly metadata?: Record<string, string>;
}

/** What may be at a path: `undefined` is nothing. */
export type State = Version | undefined;

/** The version without its attributes. */
export function bareOf({ bytes }: Version): Version {
  return { bytes };
}

/** Whether what a store says of an object is said of this version. */
export function describes(info: ObjectInfo, version: Version): boolean {
  return (
    info.size === version.bytes.byteLength &&
    info.contentType === version.contentType &&
    JSON.stringify(info.metadata ?? {}) === JSON.stringify(version.metadata ?? {})
  );
}

export function showState(state: State): string {
  if (state === undefined) return "nothing";
  const { bytes, contentType = "-", metadata } = state;
  return `${bytes.byteLength} bytes "${bytes.toString("latin1", 0, 12)}" ${contentType} ${JSON.stringify(metadata ?? {})}`;
}
