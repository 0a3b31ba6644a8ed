import { BUILT_IN_SCHEMES } from "../../drivers/driver-entries.js";
import type { SchemeFactory } from "./options.js";

/**
 * The schemes that need no configuration: their stores take the credentials that their client library finds in the
 * environment. Driver and library are loaded when a path of the scheme is first used.
 */
export function builtInSchemes(): ReadonlyMap<string, SchemeFactory> {
  const factories = new Map(BUILT_IN_SCHEMES.map(({ driver }) => [driver, loaded(driver)]));
  return new Map(BUILT_IN_SCHEMES.map(({ scheme, driver }) => [scheme, factories.get(driver)!]));
}

/** A factory that is itself made at first use. */
function loaded(driver: { load(): Promise<{ scheme(): SchemeFactory }> }): SchemeFactory {
  let loading: Promise<SchemeFactory> | undefined;
  const load = async () => (await driver.load()).scheme();
  const factory: SchemeFactory = async (target) => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return (await loading)(target);
  };
  return Object.assign(factory, { perContainer: true });
}
