/** What was found out about one thing. */
export interface Finding {
  readonly probe: string;
  /** What the store declares; absent where it does not say. */
  readonly declared?: boolean;
  /** What it was seen to do; absent: it was not tried. */
  readonly seen?: boolean;
  /** `wrong`: payloads may be lost, or calls fail; `note`: good to know. */
  readonly verdict: "fine" | "note" | "wrong";
  readonly note?: string;
  /** How long it took. */
  readonly ms: number;
}

/** What a probe tells. */
export type Told = Omit<Finding, "probe" | "ms">;

/** It does what it must. */
export const FINE: Told = { verdict: "fine", seen: true };

/** A feature that was tried, beside what is declared of it. */
export function compared(declared: boolean, seen: boolean, note = ""): Told {
  if (declared === seen) return { declared, seen, verdict: "fine" };
  if (declared) return { declared, seen, verdict: "wrong", note: note || "it is declared, and does not hold" };
  return { declared, seen, verdict: "note", note: "it holds, and is not declared" };
}
