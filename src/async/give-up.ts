/**
 * Frees what is not wanted any more. Not awaited, since what hangs would hang here too; and a failure is nobody's
 * concern, also where it is thrown at once.
 */
export function giveUp(free: () => unknown): void {
  void (async () => {
    try {
      await free();
    } catch {
      // As said above.
    }
  })();
}
