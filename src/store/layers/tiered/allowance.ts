/** Number of bytes that may be in use at a time. Nobody waits for bytes. A caller that gets none does without. */
export class Allowance {
  constructor(private left: number) {}

  /** Takes bytes if that many are left, and returns whether it did. Bytes that were taken must be given back. */
  take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.left += bytes;
  }
}
