/**
 * Frees a resource that is no longer wanted. Freeing is not awaited, because a hanging resource would hang here too.
 * Errors are ignored, even if they are thrown synchronously.
 */
export function giveUp(free: () => unknown): void {
  void (async () => {
    try {
      await free();
    } catch {
      // Ignored, as the description says.
    }
  })();
}
