import * as z from "zod/mini";
import { scopePath } from "../../object/scope-path.js";
import { isReference } from "../../reference/references-in.js";
import { checkOptions, invalidOptions, readOptions } from "../../options/parse-options.js";
import { jsonIn } from "./body-form.js";
import { MessageOffloader } from "./message-offloader.js";
import type { MessageOffloaderOptions, OffloadOptions } from "./options.js";
import type { MessageFormat } from "./message-format.js";
import { plannedTicket } from "./planned-ticket.js";
import type { Rules } from "./rules.js";
import { NOTHING } from "./wire.js";

/** Options of an adapter: those of every offloader. The channel is optional if the adapter knows a default. */
export type AdapterOptions<Own = unknown> = Omit<OffloadOptions, "channel"> &
  Partial<Pick<OffloadOptions, "channel">> &
  Own;

/** The parts of an adapter, besides the options that all adapters have. */
export interface AdapterParts<Own> {
  /** Name of the adapter, for errors. */
  readonly owner: string;
  /** Options of this adapter alone, by name. Default: none. */
  readonly fields?: { readonly [Name in keyof Own]: z.ZodMiniType<Own[Name]> };
  /** Names of shared options that this adapter does not take. */
  readonly refused?: readonly (keyof OffloadOptions)[];
  readonly rules: (own: Own, shared: Partial<OffloadOptions>) => Rules;
  /** The parts of a message that travel: all (default), the body alone, or the body alone as JSON. */
  readonly carries?: "message" | "body" | "value";
  /** Returns the default channel. Without a default, the option `channel` is required. */
  readonly channel?: (own: Own) => string | undefined;
  /** Returns the adapter's own defaults for shared options. */
  readonly defaults?: (own: Own) => Partial<OffloadOptions>;
}

/**
 * Makes the offloader of an adapter. Also returns the adapter's own options, and those of the offloader.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function adapterOffloader<Own = unknown>(
  options: AdapterOptions,
  { owner, fields, refused = [], rules, carries = "message", channel, defaults }: AdapterParts<Own>,
): { offloader: MessageOffloader; own: Own; shared: MessageOffloaderOptions } {
  const read = readOptions(options, owner);
  const entries = read.names.map((name, index) => [name, read.values[index]] as const);
  const ownFields = { ...fields, ...Object.fromEntries(refused.map((name) => [name, z.optional(z.never())])) };
  const isOwn = ([name]: readonly [string, unknown]): boolean => Object.hasOwn(ownFields, name);
  const mine = entries.filter(isOwn);
  const own = checkOptions(
    z.strictObject(ownFields),
    { names: mine.map(([name]) => name), values: mine.map(([, value]) => value) },
    owner,
  ) as Own;
  const given = Object.fromEntries(entries.filter((entry) => !isOwn(entry))) as Partial<MessageOffloaderOptions>;
  const from = given.channel ?? channel?.(own);
  if (from === undefined) throw invalidOptions(owner, "channel: must be said");
  const missing = Object.entries(defaults?.(own) ?? {}).filter(
    ([name]) => given[name as keyof OffloadOptions] === undefined,
  );
  const shared = {
    ...given,
    ...Object.fromEntries(missing),
    channel: from,
    rules: rules(own, given),
  } as MessageOffloaderOptions;
  const offloader = new MessageOffloader(shared);
  if (carries !== "message" && shared.format !== undefined) assertCarried(shared.format, shared, { owner, carries });
  return { offloader, own, shared };
}

/**
 * Refuses a format that would lose messages here: it needs an attribute to travel, or a body that is not JSON.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
function assertCarried(
  format: MessageFormat,
  settings: MessageOffloaderOptions,
  { owner, carries }: { readonly owner: string; readonly carries: "body" | "value" },
): void {
  const ticket = plannedTicket(settings, scopePath(settings.channel));
  if (!isReference(ticket)) return; // nothing ever leaves
  const empty = { ...NOTHING, body: "{}" };
  for (const written of [format.inline?.(empty), format.write(ticket, empty, 2)]) {
    if (written === undefined) continue;
    const isRead = written.attributes.size === 0 || format.detect({ ...written, attributes: NOTHING.attributes });
    const isJson = typeof written.body === "string" && jsonIn(written.body) !== undefined;
    if (isRead && (carries === "body" || isJson)) continue;
    const need = isRead ? "a body that is no JSON" : "an attribute";
    throw invalidOptions(owner, `format: ${format.name} needs ${need}, which does not travel here`);
  }
}
