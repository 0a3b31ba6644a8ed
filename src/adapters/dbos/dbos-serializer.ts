import type { DBOSSerializer } from "@dbos-inc/dbos-sdk";
import * as z from "zod/mini";
import { text } from "../../configure/fields.js";
import type { TimeToLive } from "../../configure/retention.js";
import { scopePath } from "../../object/scope-path.js";
import { requirePeer } from "../../observe/exporters/require-peer.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { hasMethods } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import { engineFields, functionField } from "../messages/engine-fields.js";
import { isEnvelope } from "../messages/envelope.js";
import { MIN_LIMIT, openValue, packValue } from "../messages/pack-value.js";

/** Options of {@link dbosSerializer}. */
export interface DbosSerializerOptions {
  /** Stores and reads large values. It should have a `readCache`, since DBOS reads values again right after writing. */
  manager: StorageManager;
  /**
   * Most bytes of a serialised value that stay in the row, default 65536. Larger values are packed to that size or
   * less.
   */
  over?: number | undefined;
  /** The serializer for values. Default: DBOS's own, which keeps dates, maps and sets. */
  inner?: DBOSSerializer | undefined;
  /**
   * The serializer name in each row, default `"coatcheck"`. With the name of `inner`, rows that `inner` wrote alone
   * stay readable.
   */
  name?: string | undefined;
  /**
   * Scope of stored values, default the day, `dbos/{yyyy-mm-dd}`. DBOS does not say which workflow a value belongs
   * to.
   */
  scope?: (() => string) | undefined;
  /** Least lifetime of stored values, in milliseconds. Default: that of the manager, or no end. */
  ttl?: TimeToLive | undefined;
}

const DEFAULT_OVER = 65_536;
// DBOS itself reads and writes rows with these names.
const ITS_OWN = ["js_superjson", "portable_json"];
const schema = z.strictObject({
  manager: engineFields.manager,
  over: z._default(engineFields.over, DEFAULT_OVER),
  inner: z.optional(z.custom<DBOSSerializer>(hasMethods("name", "stringify", "parse"), "must be a DBOSSerializer")),
  name: z._default(
    text.check(
      z.refine((value) => !ITS_OWN.includes(value), "must not be one that DBOS keeps for its own serializers"),
    ),
    "coatcheck",
  ),
  scope: z._default(functionField<() => string>(), () => today),
  ttl: engineFields.ttl,
});

/**
 * Makes a serializer for DBOS 5.3 or newer. Serialised inputs, results, events and messages larger than `over` lie in
 * the manager's store. Their rows keep an envelope. Rows that DBOS's own serializers wrote stay readable.
 *
 * A value that can't be stored fails its step or its workflow. Give the manager a store with `withRetry`.
 *
 * @throws {StorageError} `CONFIG_INVALID`; `MISSING_DEPENDENCY` without `@dbos-inc/dbos-sdk` if `inner` is not given
 * @example
 * DBOS.setConfig({ name: "orders", systemDatabaseUrl, serializer: dbosSerializer({ manager, ttl: 30 * DAY }) });
 */
export function dbosSerializer(options: DbosSerializerOptions): DBOSSerializer {
  const { manager, over, name, scope, ttl, inner = ownSerializer() } = parseOptions(schema, options, "dbosSerializer");
  const limit = Math.max(over, MIN_LIMIT);
  return {
    name: () => name,
    stringify: async (value) => {
      const written = await inner.stringify(value);
      const isMistakable = isEnvelope(written);
      if (!isMistakable && Buffer.byteLength(written) <= over) return written;
      // A serialised text that looks like an envelope is data. It becomes the body of an envelope.
      const packed = await packValue(manager, written, { over: 0, limit, scope: scope(), ttl });
      return JSON.stringify(packed);
    },
    parse: async (row) => {
      const isPacked = typeof row === "string" && isEnvelope(row);
      return inner.parse(isPacked ? await openValue<string>(manager, JSON.parse(row)) : row);
    },
  };
}

function ownSerializer(): DBOSSerializer {
  const { DBOSJSON } = requirePeer("@dbos-inc/dbos-sdk/internal/serialization", "dbosSerializer") as {
    DBOSJSON: DBOSSerializer;
  };
  return DBOSJSON;
}

function today(): string {
  return scopePath("dbos", new Date().toISOString().slice(0, 10));
}
