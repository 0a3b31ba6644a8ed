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
import { openValue, packValue } from "../messages/pack-value.js";

/** Options of {@link dbosSerializer}. */
export interface DbosSerializerOptions {
  /** Stores and reads what is too large. It should have a `readCache`: DBOS reads what it has just written. */
  manager: StorageManager;
  /** Most bytes of a serialised value that stay in the row, default 65536. More becomes that or less. */
  over?: number | undefined;
  /** What makes text of values, default DBOS's own, which keeps dates, maps and sets. */
  inner?: DBOSSerializer | undefined;
  /** The name that each row keeps, default `"coatcheck"`: that of `inner` lets rows that it wrote alone be read on. */
  name?: string | undefined;
  /** Who owns what is stored, default the day, `dbos/{yyyy-mm-dd}`: DBOS does not say of which workflow a value is. */
  scope?: (() => string) | undefined;
  /** Milliseconds that what is stored lives at the least, default that of the manager, or no end. */
  ttl?: TimeToLive | undefined;
}

const LEAST = 2048;
const DEFAULT_OVER = 65_536;
// DBOS reads and writes rows of these names by itself.
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
 * A serializer of DBOS 5.3 or newer: texts of inputs, results, events and messages that are larger than `over` lie in the manager's
 * store, and rows keep an envelope. Rows that DBOS's own serializers wrote stay readable.
 *
 * A value that can't be stored fails its step or its workflow: give the manager a store `withRetry`.
 *
 * @throws {StorageError} `CONFIG_INVALID`; `MISSING_DEPENDENCY` without `@dbos-inc/dbos-sdk`, where `inner` is not given
 * @example
 * DBOS.setConfig({ name: "orders", systemDatabaseUrl, serializer: dbosSerializer({ manager, ttl: 30 * DAY }) });
 */
export function dbosSerializer(options: DbosSerializerOptions): DBOSSerializer {
  const { manager, over, name, scope, ttl, inner = ownSerializer() } = parseOptions(schema, options, "dbosSerializer");
  const limit = Math.max(over, LEAST);
  return {
    name: () => name,
    stringify: async (value) => {
      const written = await inner.stringify(value);
      const isMistakable = isEnvelope(written);
      if (!isMistakable && Buffer.byteLength(written) <= over) return written;
      // A text is always an envelope's body, never an envelope: what looks like one is data.
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
