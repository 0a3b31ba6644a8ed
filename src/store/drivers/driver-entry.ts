import { importByName } from "../../async/import-by-name.js";
import { StorageError } from "../../errors/error.js";

/**
 * The exports that the entry point of a driver provides to the rest of the package. The entry point is loaded when it
 * is first needed. So a program that never needs it does not have it in its bundle.
 */
export class DriverEntry<T> {
  readonly #name: string;
  #provided: T | undefined;

  /** @param name of the entry point, as users import it */
  constructor(name: string) {
    this.#name = name;
  }

  /** Registers the exports. The entry point calls this when it is loaded, whichever module imports it. */
  provide(provided: T): void {
    this.#provided = provided;
  }

  /**
   * Loads the entry point.
   *
   * @throws {StorageError} `MISSING_DEPENDENCY` if the client library of the entry point is not installed;
   *   `CONFIG_INVALID` in a bundle without the entry point
   */
  async load(): Promise<T> {
    if (this.#provided !== undefined) return this.#provided;
    const cause = await importByName(this.#name).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (this.#provided !== undefined) return this.#provided;
    const missing = missingPackage(cause);
    if (missing !== undefined && missing !== "coatcheck") {
      throw new StorageError(
        "MISSING_DEPENDENCY",
        `${this.#name} needs the package ${missing}, which is not installed: npm install ${missing}.`,
        { operation: "configure", cause },
      );
    }
    throw new StorageError(
      "CONFIG_INVALID",
      `The entry point ${this.#name} can't be loaded. A program that is bundled has to import it: import "${this.#name}";`,
      { operation: "configure", cause },
    );
  }
}

/** Returns the package that could not be found. In ESM and CommonJS, only Node's message names it. */
function missingPackage(cause: unknown): string | undefined {
  const { code, message } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return undefined;
  return /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w.-]+)[/']/.exec(message ?? "")?.[1];
}
