import type { SchemeFactory } from "./options.js";

/**
 * The schemes that need no configuration: their stores take the credentials that their client library finds in the
 * environment. Each library is loaded when a path of its scheme is first used.
 */
export function builtInSchemes(): ReadonlyMap<string, SchemeFactory> {
  const azure = loaded(async () => (await import("../../drivers/azure/azure-scheme.js")).azureScheme());
  return new Map([
    ["s3", loaded(async () => (await import("../../drivers/s3/s3-scheme.js")).s3Scheme())],
    ["gs", loaded(async () => (await import("../../drivers/gcs/gcs-scheme.js")).gcsScheme())],
    ["abfss", azure],
    ["az", azure],
  ]);
}

/** A factory that is itself made at first use. */
function loaded(load: () => Promise<SchemeFactory>): SchemeFactory {
  let loading: Promise<SchemeFactory> | undefined;
  const factory: SchemeFactory = async (target) => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return (await loading)(target);
  };
  return Object.assign(factory, { perContainer: true });
}
