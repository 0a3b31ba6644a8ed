/** Bytes that may be in use at a time. Nobody waits for them: who gets none does without. */
export class Allowance {
  constructor(private left: number) {}

  /** Whether there were as many left. What was taken must be given back. */
  take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.left += bytes;
  }
}
