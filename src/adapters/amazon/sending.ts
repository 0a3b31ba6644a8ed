import { StorageError } from "../../errors/error.js";

/** An error of an AWS client. */
interface ServiceFailure {
  readonly name?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

/**
 * Says whether a request certainly had no effect. The service must have refused the request, and the client must not
 * have retried. After a retry, the first attempt may have arrived.
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
