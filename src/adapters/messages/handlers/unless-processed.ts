import type { MessageOffloader } from "../message-offloader.js";

/**
 * Opens a message for its handler. `undefined` if the message was processed before and only needs an acknowledgement.
 * Only failures of opening count, not those of the handler.
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
