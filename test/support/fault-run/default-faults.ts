import type { FaultRule } from "../../../src/testing/index.js";

/** What happens to a service now and then: every call but `close`, before, during and after. */
export const DEFAULT_FAULTS: readonly FaultRule[] = [
  { rate: 0.03, fault: { error: "UNAVAILABLE" } },
  { rate: 0.01, fault: { error: "THROTTLED" } },
  { rate: 0.02, when: "after", fault: { error: "TIMEOUT" } },
  { on: ["write", "read"], rate: 0.02, when: "during", fault: { error: "UNAVAILABLE" } },
  { rate: 0.03, fault: { lostAcknowledgement: true } },
  { rate: 0.05, fault: { delay: 40 } },
  { rate: 0.02, when: "after", fault: { delay: 300 } },
  { rate: 0.02, when: "during", fault: { delay: 20 } },
  { rate: 0.004, fault: { hang: true } },
  { rate: 0.002, when: "after", fault: { hang: true } },
  { on: ["read", "list"], rate: 0.004, when: "during", fault: { hang: true } },
  { rate: 0.02, fault: { truncate: true, error: "UNAVAILABLE" } },
  { rate: 0.05, fault: { partialList: true, error: "UNAVAILABLE" } },
];

/**
 * What lies: bodies that are short or wrong without saying so. Only for compositions that promise to notice, which is
 * when they are told a digest.
 */
export const CORRUPTING_FAULTS: readonly FaultRule[] = [
  { rate: 0.03, fault: { flip: true } },
  { rate: 0.03, fault: { truncate: true } },
];
