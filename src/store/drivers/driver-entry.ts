import { importByName } from "../../async/import-by-name.js";
import { StorageError } from "../../errors/error.js";

/**
 * What the entry point of a driver gives to the rest of the package. It is loaded when it is first needed, so that a
 * program which never needs it does not have it in its bundle.
 */
export class DriverEntry<T> {
  readonly #name: string;
  #provided: T | undefined;

  /** @param name of the entry point, as users import it */
  constructor(name: string) {
    this.#name = name;
  }

  /** Called by the entry point when it is loaded, whoever imports it. */
  provide(provided: T): void {
    this.#provided = provided;
  }

  /** @throws {StorageError} `CONFIG_INVALID` in a bundle that does not have the entry point */
  async load(): Promise<T> {
    if (this.#provided !== undefined) return this.#provided;
    const cause = await importByName(this.#name).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (this.#provided !== undefined) return this.#provided;
    throw new StorageError(
      "CONFIG_INVALID",
      `The entry point ${this.#name} can't be loaded. A program that is bundled has to import it: import "${this.#name}";`,
      { operation: "configure", cause },
    );
  }
}
