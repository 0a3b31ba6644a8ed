import * as z from "zod/mini";
import type { DehydrateOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { setOwn } from "../../json/container.js";
import { isPlainObject } from "../../json/is-object.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { escapeKey } from "../../reference/escape.js";
import { isSpreadable } from "./envelope.js";

// Least room for the other keys: one reference, in the worst case.
const MIN_ROOM = 1024;

/**
 * Schema for the names of keys that stay. They must differ from the envelope's keys. They must also not come before
 * the envelope's key in an object.
 */
export const keptKeys = z.array(
  z
    .string()
    .check(z.refine((key) => !key.startsWith("$") && !/^\d+$/.test(key), 'must not begin with "$" or be an integer')),
);

/**
 * The ticket from `dehydrate`, and the keys to copy next to it. There are no copies if the ticket itself has the
 * keys.
 */
export interface KeepingTicket {
  readonly ticket: unknown;
  readonly copies?: Readonly<Record<string, unknown>> | undefined;
}

/** The keys that must stay, and the available room. */
export interface Keeping {
  /** Names of top-level keys. */
  readonly keep: readonly string[] | undefined;
  /** Most bytes of JSON of all keys together. */
  readonly room: number;
  /** Most bytes of JSON of the other keys, if less. */
  readonly target: number;
}

/**
 * Dehydrates a value and keeps some top-level keys inline as they are. If the ticket can be an object, the kept keys
 * are its own keys, so that nothing occurs twice.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED`, before any I/O, if the kept keys are too large
 */
export async function dehydrateKeeping(
  manager: StorageManager,
  value: unknown,
  { keep, room, target }: Keeping,
  how: DehydrateOptions,
): Promise<KeepingTicket> {
  const small = { ...how, maxEnvelopeSize: target };
  const names = keep !== undefined && isPlainObject(value) ? keep.filter((name) => Object.hasOwn(value, name)) : [];
  if (names.length === 0 || !loses(manager, value, names, small)) {
    return { ticket: await manager.dehydrate(value, small) };
  }
  const entries = Object.entries(value as Record<string, unknown>);
  const kept = Object.fromEntries(entries.filter(([key]) => names.includes(key)));
  const rest = Object.fromEntries(entries.filter(([key]) => !names.includes(key)));
  const whole = { ...how, maxInlineSize: Number.MAX_SAFE_INTEGER, maxEnvelopeSize: Number.MAX_SAFE_INTEGER };
  const size = Buffer.byteLength(JSON.stringify(manager.plan(kept, whole).value));
  if (room - size < MIN_ROOM) throw tooLarge(names, size, room);
  const narrow = { ...how, maxEnvelopeSize: Math.min(room - size, target) };
  const isOne = !isSpreadable(manager.plan(rest, narrow).value);
  const copies = (await manager.dehydrate(kept, whole)) as Record<string, unknown>;
  if (isOne) return { ticket: await manager.dehydrate(value, narrow), copies };
  const others = (await manager.dehydrate(rest, narrow)) as Record<string, unknown>;
  return { ticket: inOrder(entries, copies, others) };
}

/** Says whether dehydration would store one of the keys, or a part of it. */
function loses(manager: StorageManager, value: unknown, names: readonly string[], how: DehydrateOptions): boolean {
  const { value: ticket, entries } = manager.plan(value, how);
  return !isSpreadable(ticket) || entries.some(({ path: [key] }) => names.includes(String(key)));
}

/** Merges tickets, with keys in the order of the original value. */
function inOrder(
  entries: readonly (readonly [string, unknown])[],
  ...tickets: readonly Readonly<Record<string, unknown>>[]
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key] of entries) {
    const escaped = escapeKey(key); // the other dialect has no escapes
    const written = tickets.some((ticket) => Object.hasOwn(ticket, escaped)) ? escaped : key;
    const ticket = tickets.find((candidate) => Object.hasOwn(candidate, written));
    if (ticket !== undefined) setOwn(result, written, ticket[written]);
  }
  return result;
}

function tooLarge(names: readonly string[], size: number, room: number): StorageError {
  return new StorageError(
    "LIMIT_EXCEEDED",
    `The value can't be packed: the keys that must stay in it (keep: ${names.join(", ")}) have ${size} bytes of JSON, and of ` +
      `${room} bytes the other keys need ${MIN_ROOM}. Keep fewer keys, or smaller ones, or raise limit.`,
    { operation: "packValue" },
  );
}
