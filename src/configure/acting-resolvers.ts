import type { ReferenceResolver } from "../resolvers/resolver.js";
import type { ManagerSettings } from "./settings.js";

/**
 * Settings with the resolvers that act in a call. Their references carry no signature: where references are signed, none
 * acts unless the call asks, since whoever writes the broker could otherwise read a Secret by one.
 *
 * @param asked what the call says: `true` for those of the manager
 */
export function withResolvers<Settings extends ManagerSettings>(
  settings: Settings,
  asked: readonly ReferenceResolver[] | boolean | undefined,
): Settings {
  const acting = asked ?? settings.signing === undefined;
  if (acting === true || (acting === false && settings.resolvers.length === 0)) return settings;
  return { ...settings, resolvers: acting === false ? [] : acting };
}
