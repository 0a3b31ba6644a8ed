import * as z from "zod/mini";
import { StorageError } from "../../errors/error.js";
import { checkOptions, readOptions } from "../../options/parse-options.js";
import { MessageOffloader } from "./message-offloader.js";
import type { MessageOffloaderOptions, OffloadOptions } from "./options.js";
import type { Rules } from "./rules.js";

/** Options of an adapter: those of every offloader, but for the channel where the adapter knows one. */
export type AdapterOptions<Own = unknown> = Omit<OffloadOptions, "channel"> &
  Partial<Pick<OffloadOptions, "channel">> &
  Own;

/** What an adapter is made of, besides the options that all have. */
export interface AdapterParts<Own> {
  /** Its name, for errors. */
  readonly owner: string;
  /** Its own options, by name. Default none. */
  readonly fields?: { readonly [Name in keyof Own]: z.ZodMiniType<Own[Name]> };
  /** Names of options that all have, and this one does not take. */
  readonly refused?: readonly (keyof OffloadOptions)[];
  readonly rules: (own: Own, shared: Partial<OffloadOptions>) => Rules;
  /** The channel when none is said. Default: it must be. */
  readonly channel?: (own: Own) => string | undefined;
  /** Its own defaults of options that all have. */
  readonly defaults?: (own: Own) => Partial<OffloadOptions>;
}

/**
 * The offloader of an adapter, the options that only the adapter has, and those of the offloader.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function adapterOffloader<Own = unknown>(
  options: AdapterOptions,
  { owner, fields, refused = [], rules, channel, defaults }: AdapterParts<Own>,
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
  if (from === undefined) {
    throw new StorageError("CONFIG_INVALID", `The options of ${owner} are not valid. channel: must be said.`, {
      operation: "configure",
    });
  }
  const missing = Object.entries(defaults?.(own) ?? {}).filter(
    ([name]) => given[name as keyof OffloadOptions] === undefined,
  );
  const shared = {
    ...given,
    ...Object.fromEntries(missing),
    channel: from,
    rules: rules(own, given),
  } as MessageOffloaderOptions;
  return { offloader: new MessageOffloader(shared), own, shared };
}
