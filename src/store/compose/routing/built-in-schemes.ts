import { StorageError } from "../../../error.js";
import type { SchemeFactory } from "./options.js";

/**
 * The schemes that need no configuration: their stores take the credentials that their client library finds in the
 * environment. Each library is loaded when a path of its scheme is first used.
 */
export function builtInSchemes(): ReadonlyMap<string, SchemeFactory> {
  return new Map([
    ["s3", loaded("@aws-sdk/client-s3", async () => (await import("../../drivers/s3/s3-scheme.js")).s3Scheme())],
  ]);
}

/** A factory that is itself made at first use, from a module that may need a package which is not installed. */
function loaded(packageName: string, load: () => Promise<SchemeFactory>): SchemeFactory {
  let loading: Promise<SchemeFactory> | undefined;
  const factory: SchemeFactory = async (target) => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw missingPackage(error, packageName);
    });
    return (await loading)(target);
  };
  return Object.assign(factory, { perContainer: true });
}

function missingPackage(error: unknown, packageName: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return error;
  return new StorageError(
    "MISSING_DEPENDENCY",
    `The package ${packageName} is not installed, and this scheme needs it.`,
    {
      cause: error,
    },
  );
}
