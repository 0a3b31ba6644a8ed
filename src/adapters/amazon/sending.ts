import { StorageError } from "../../errors/error.js";

/** What the clients of AWS throw. */
interface ServiceFailure {
  readonly name?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

/**
 * Whether a request surely did nothing: the service refused it, and it was not sent twice, of which the first may have
 * arrived.
 */
export function wasRefused(error: unknown): boolean {
  const { $fault, $metadata: { httpStatusCode = 0, attempts = 1 } = {} } = (error ?? {}) as ServiceFailure;
  return $fault === "client" && httpStatusCode >= 400 && httpStatusCode < 500 && attempts === 1;
}

/**
 * Loads a client that is an optional peer.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` that names the package
 */
export async function loaded<T>(client: () => Promise<T>, name: string): Promise<T> {
  try {
    return await client();
  } catch (cause) {
    throw new StorageError("MISSING_DEPENDENCY", `To send, this needs the package ${name}: npm install ${name}.`, {
      operation: "send",
      cause,
    });
  }
}
