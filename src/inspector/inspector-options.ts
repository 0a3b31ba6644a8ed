import * as z from "zod/mini";
import { systemClock, type Clock } from "../async/clock.js";
import { isObject } from "../json/is-object.js";
import { clock } from "../options/fields.js";
import { newToken } from "./sessions.js";
import type { InspectorTemporalOptions } from "./temporal-codec.js";

/** Options of {@link inspector}. */
export interface InspectorOptions {
  /**
   * Token that opens the inspector: at least 32 characters that nobody can guess. Default: a new token, which the
   * inspector has as `token`.
   */
  token?: string | undefined;
  /**
   * Host names with ports under which browsers reach the inspector, such as `"payloads.example:8443"`. Default: the
   * names of the loopback interface, and then the inspector serves only this machine. Other names need TLS, either
   * the server's own or that of a proxy on this machine.
   */
  hosts?: readonly string[] | undefined;
  /** Lets pages release scopes and delete objects, each after a question. Also lets Temporal encode. Default false. */
  allowDelete?: boolean | undefined;
  /** Speaks Temporal's codec protocol below `/temporal/`. Default false. */
  temporal?: boolean | InspectorTemporalOptions | undefined;
  /** Most bytes of a pasted payload, default 8388608 (8 MiB). */
  maxBodyBytes?: number | undefined;
  /** Most decoded bytes that a click on a reference may load, default 1048576 (1 MiB). */
  maxBytes?: number | undefined;
  /** Most references that a click follows, default 100. */
  maxReferences?: number | undefined;
  /** Clock for the lifetime of sessions. Default: the system clock. */
  clock?: Clock | undefined;
}

const count = z.int().check(z.gte(1));

/** Schema of {@link InspectorOptions}. */
export const inspectorSchema = z.strictObject({
  token: z._default(
    z.string().check(z.regex(/^[\w.~-]{32,512}$/, "must be 32 to 512 of A-Z a-z 0-9 _ . ~ -")),
    newToken,
  ),
  hosts: z.optional(
    z
      .array(
        z
          .string()
          .check(z.regex(/^(\[[\da-f:.]+\]|[a-z\d.-]+)(:\d{1,5})?$/i, "must be a host, or host:port"), z.toLowerCase()),
      )
      .check(z.minLength(1)),
  ),
  allowDelete: z._default(z.boolean(), false),
  temporal: z._default(z.union([z.boolean(), z.custom<InspectorTemporalOptions>(isObject)]), false),
  maxBodyBytes: z._default(count, 8_388_608),
  maxBytes: z._default(count, 1_048_576),
  maxReferences: z._default(count, 100),
  clock: z._default(clock, systemClock),
});

/** Inspector options after the check, with defaults filled in. */
export type InspectorSettings = z.output<typeof inspectorSchema>;
