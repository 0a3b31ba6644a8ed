import { createRequire } from "node:module";
import { join } from "node:path";
import { StorageError } from "../../errors/error.js";

/**
 * Loads a package that users install beside this one. It loads synchronously, because observation can't wait.
 *
 * @param entry the entry point that needs it, for the message
 * @throws {StorageError} `MISSING_DEPENDENCY` when it is not installed
 */
export function requirePeer(name: string, entry: string): unknown {
  // A CommonJS bundle has no URL. There, packages lie where the program was started.
  const here = (import.meta.url as string | undefined) ?? join(process.cwd(), "index.js");
  try {
    return createRequire(here)(name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException | undefined)?.code !== "MODULE_NOT_FOUND") throw cause;
    const message = `${entry} needs the package ${name}, which is not installed: run npm install ${name}.`;
    throw new StorageError("MISSING_DEPENDENCY", message, { operation: "configure", cause });
  }
}
