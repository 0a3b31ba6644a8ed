/** Result of one probe. */
export interface Finding {
  readonly probe: string;
  /** The store's declaration. Absent if the store does not declare anything. */
  readonly declared?: boolean;
  /** The store's observed behaviour. Absent if the probe did not try it. */
  readonly seen?: boolean;
  /** `wrong` if payloads may be lost or calls fail. `note` if the finding is good to know. */
  readonly verdict: "fine" | "note" | "wrong";
  readonly note?: string;
  /** Duration of the probe, in milliseconds. */
  readonly ms: number;
}

/** The part of a finding that the probe itself returns. */
export type Told = Omit<Finding, "probe" | "ms">;

/** The finding of a probe that found nothing wrong. */
export const FINE: Told = { verdict: "fine", seen: true };

/** Compares the observed behaviour of a feature with its declaration. */
export function compared(declared: boolean, seen: boolean, note = ""): Told {
  if (declared === seen) return { declared, seen, verdict: "fine" };
  if (declared) return { declared, seen, verdict: "wrong", note: note || "it is declared, and does not hold" };
  return { declared, seen, verdict: "note", note: "it holds, and is not declared" };
}
