import type { MessageOffloader } from "./message-offloader.js";

/**
 * What an opened message is handled with; `undefined` for a message that was processed before, and is to be acknowledged. What the
 * handler fails with is no sign of that.
 *
 * @throws {MessageError} as `unpack` does
 */
export async function unlessProcessed<T>(
  offloader: MessageOffloader,
  opening: Promise<T>,
): Promise<{ readonly opened: T } | undefined> {
  try {
    return { opened: await opening };
  } catch (error) {
    if (offloader.isProcessed(error)) return undefined;
    throw error;
  }
}
