import type { ReferenceResolver } from "../resolvers/resolver.js";
import type { ManagerSettings } from "./settings.js";

/**
 * Returns the settings with the resolvers that act in a call. References of resolvers carry no signature. Where
 * references are signed, no resolver acts unless the call asks for it. Otherwise anyone with write access to the
 * broker could read a Secret through such a reference.
 *
 * @param asked the option of the call; `true` stands for the manager's own resolvers
 */
export function withResolvers<Settings extends ManagerSettings>(
  settings: Settings,
  asked: readonly ReferenceResolver[] | boolean | undefined,
): Settings {
  const acting = asked ?? settings.signing === undefined;
  if (acting === true || (acting === false && settings.resolvers.length === 0)) return settings;
  return { ...settings, resolvers: acting === false ? [] : acting };
}
