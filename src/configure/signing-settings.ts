import { isPlainObject } from "../json/is-object.js";
import { clock } from "../options/fields.js";
import * as z from "zod/mini";
import { ReferenceSigner } from "../reference/sign/signature.js";
import { isKeyId, isSigningKey, SigningKeys } from "../reference/sign/signing-keys.js";
import { systemClock } from "../async/clock.js";

/** How a manager signs references and checks their signatures. */
export interface SigningSettings {
  readonly signer: ReferenceSigner;
  /** The audience of references, unless a call gives its own. */
  readonly audience: string | undefined;
  readonly allowUnsigned: boolean;
}

/** Text that may be signed. Text that has no UTF-8 form can't be signed. */
export const signedText = z.string().check(
  z.minLength(1),
  z.refine((value) => value.isWellFormed(), "must not hold a lone surrogate"),
);

/** Refuses an audience where nothing is signed. Otherwise it would be ignored without notice. */
export const noAudience = z.optional(z.undefined("needs the manager's option signing"));

const keys = z.pipe(
  z.unknown(),
  z.transform((value, context): ReadonlyMap<string, Uint8Array> => {
    const problem = (message: string, ...path: string[]): void =>
      void context.issues.push({ code: "custom", path, message, input: undefined });
    if (!isPlainObject(value)) problem("must be an object of keys by id");
    // Only own properties count, whatever their names are.
    const entries = isPlainObject(value) ? Object.entries(value) : [];
    for (const [id, key] of entries) {
      // An invalid id may be a key in the wrong place, so the message does not repeat it.
      if (!isKeyId(id)) problem("ids must be 1 to 64 of A-Z a-z 0-9 . _ -");
      else if (!isSigningKey(key)) problem("must be a Uint8Array of at least 32 bytes", id);
    }
    return context.issues.length > 0 ? z.NEVER : new Map(entries as [string, Uint8Array][]);
  }),
);

// Annotated, because the inferred type names a type that older compilers do not know.
export const signing: z.ZodMiniType<SigningSettings> = z.pipe(
  z.strictObject({
    keys,
    activeKeyId: z.string(),
    audience: z.optional(signedText),
    ttl: z.optional(z.int().check(z.gte(1))),
    allowUnsigned: z._default(z.boolean(), false),
    clock: z._default(clock, systemClock),
  }),
  z.transform(({ keys: byId, activeKeyId, audience, ttl, allowUnsigned, clock }, context): SigningSettings => {
    if (!byId.has(activeKeyId)) {
      context.issues.push({ code: "custom", path: ["activeKeyId"], message: "must be one of keys", input: undefined });
      return z.NEVER;
    }
    const now = (): number => clock.now();
    return {
      signer: new ReferenceSigner({ keys: new SigningKeys(byId), activeKeyId, ttl, now }),
      audience,
      allowUnsigned,
    };
  }),
);
