import fc from "fast-check";
import { StorageError, STORAGE_ERROR_CODES, type StorageErrorCode } from "../../../src/errors/error.js";
import type { StorageEvent } from "../../../src/observe/event.js";
import { Circuit, verdictOf, type AdmittedCall, type Verdict } from "../../../src/store/layers/circuit.js";
import { FakeClock } from "../../../src/testing/index.js";
import { storageError } from "../storage-error.js";

const DETAILS = { operation: "read", store: "memory", path: "a" };

function circuit(failures = 2, resetAfter = 1000) {
  const clock = new FakeClock(Date.UTC(2026, 10, 21));
  const events: StorageEvent[] = [];
  const observer = (event: StorageEvent) => void events.push(event);
  const subject = new Circuit({ failures, resetAfter, clock, observer: [observer] });
  const fail = () => subject.admit(DETAILS).report("unavailable", "UNAVAILABLE");
  return { subject, clock, events, fail, names: () => events.map(({ operation }) => operation) };
}

describe("verdictOf", () => {
  it("takes only UNAVAILABLE and TIMEOUT for an absent store", () => {
    const codes = (verdict: Verdict): StorageErrorCode[] =>
      STORAGE_ERROR_CODES.filter((code) => verdictOf(new StorageError(code, "x"), undefined) === verdict);
    expect(codes("unavailable")).toEqual(["UNAVAILABLE", "TIMEOUT"]);
    expect(codes("available")).toEqual([
      "NOT_FOUND",
      "CONTAINER_NOT_FOUND",
      "ALREADY_EXISTS",
      "PRECONDITION_FAILED",
      "PERMISSION_DENIED",
      "INSUFFICIENT_STORAGE",
    ]);
    expect(verdictOf(new TypeError("a bug"), undefined)).toBe("unknown");
  });

  it("blames the store for nothing that comes after the caller's abort, not even for his own deadline", () => {
    const deadline = new StorageError("TIMEOUT", "The call took too long.");
    expect(verdictOf(deadline, AbortSignal.abort(deadline))).toBe("unknown");
    expect(verdictOf(deadline, new AbortController().signal)).toBe("unavailable");
  });
});

describe("Circuit", () => {
  it("opens after so many failures in a row, and says until when", () => {
    const { subject, fail, events } = circuit(3);
    fail();
    fail();
    subject.admit(DETAILS).report("available");
    fail();
    fail();
    expect(subject.state).toBe("closed");
    fail();
    expect(subject.state).toBe("open");
    expect(() => subject.admit(DETAILS)).toThrow(
      storageError({
        code: "UNAVAILABLE",
        retryable: true,
        ...DETAILS,
        message: expect.stringContaining("2026-11-21T00:00:01.000Z") as string,
      }),
    );
    expect(events).toEqual([
      expect.objectContaining({ operation: "circuit_open", outcome: "error", code: "UNAVAILABLE", during: "read" }),
    ]);
  });

  it("counts what says nothing of the store neither way", () => {
    const { subject, fail } = circuit(2);
    fail();
    subject.admit(DETAILS).report("unknown", "ABORTED");
    fail();
    expect(subject.state).toBe("open");
  });

  it("lets exactly one call through after resetAfter; its success closes the circuit", async () => {
    const { subject, clock, fail, names } = circuit(1);
    fail();
    await clock.advance(999);
    expect(() => subject.admit(DETAILS)).toThrow(storageError({ code: "UNAVAILABLE" }));
    await clock.advance(1);
    const probe = subject.admit(DETAILS);
    expect(probe.isProbe).toBe(true);
    expect(subject.state).toBe("half-open");
    for (let i = 0; i < 3; i++) {
      expect(() => subject.admit(DETAILS)).toThrow(storageError({ code: "UNAVAILABLE", retryable: true }));
    }
    probe.report("available");
    expect(subject.state).toBe("closed");
    expect(subject.admit(DETAILS).isProbe).toBe(false);
    expect(names()).toEqual(["circuit_open", "circuit_half_open", "circuit_close"]);
  });

  it("opens anew when the probe fails, for the whole time", async () => {
    const { subject, clock, fail } = circuit(1);
    fail();
    await clock.advance(1500);
    subject.admit(DETAILS).report("unavailable", "TIMEOUT");
    expect(subject.state).toBe("open");
    await clock.advance(999);
    expect(() => subject.admit(DETAILS)).toThrow(storageError({ code: "UNAVAILABLE" }));
    await clock.advance(1);
    expect(subject.admit(DETAILS).isProbe).toBe(true);
  });

  it("lets the next call through when a probe says nothing of the store", async () => {
    const { subject, clock, fail } = circuit(1);
    fail();
    await clock.advance(1000);
    subject.admit(DETAILS).report("unknown", "ABORTED");
    expect(subject.state).toBe("half-open");
    const second = subject.admit(DETAILS);
    expect(second.isProbe).toBe(true);
    expect(() => subject.admit(DETAILS)).toThrow(storageError({ code: "UNAVAILABLE" }));
    second.report("available");
    expect(subject.state).toBe("closed");
  });

  it("is not stuck with a probe that never ends, and still hears it", async () => {
    const { subject, clock, fail } = circuit(1);
    fail();
    await clock.advance(1000);
    const slow = subject.admit(DETAILS);
    await clock.advance(999);
    expect(() => subject.admit(DETAILS)).toThrow(storageError({ code: "UNAVAILABLE" }));
    await clock.advance(1);
    const second = subject.admit(DETAILS);
    slow.report("unknown"); // does not end the second probe
    expect(() => subject.admit(DETAILS)).toThrow(storageError({ code: "UNAVAILABLE" }));
    slow.report("available");
    expect(subject.state).toBe("closed");
    second.report("unavailable", "TIMEOUT"); // of the time before
    expect(subject.state).toBe("closed");
  });

  it("hears nothing of calls that began before its state changed", async () => {
    const { subject, clock, fail } = circuit(1);
    const early = [1, 2, 3].map(() => subject.admit(DETAILS));
    fail();
    early[0]!.report("available");
    expect(subject.state).toBe("open");
    await clock.advance(1000);
    const probe = subject.admit(DETAILS);
    early[1]!.report("unavailable", "TIMEOUT");
    expect(subject.state).toBe("half-open");
    probe.report("available");
    early[2]!.report("unavailable", "TIMEOUT");
    expect(subject.state).toBe("closed");
  });

  it("counts the body of a probe to the time after it", async () => {
    const { subject, clock, fail } = circuit(1);
    fail();
    await clock.advance(1000);
    const probe = subject.admit(DETAILS);
    probe.report("available");
    probe.report("unavailable", "UNAVAILABLE");
    expect(subject.state).toBe("open");
  });

  it("is not open for longer when the clock is set back", () => {
    let now = 1_000_000;
    const clock = Object.assign(new FakeClock(), { now: () => now });
    const subject = new Circuit({ failures: 1, resetAfter: 1000, clock, observer: undefined });
    subject.admit(DETAILS).report("unavailable", "UNAVAILABLE");
    now = 0;
    expect(subject.admit(DETAILS).isProbe).toBe(true);
  });

  it("does what its description says, whatever comes when", async () => {
    const verdict = fc.constantFrom<Verdict>("available", "unavailable", "unknown");
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ verb: fc.constant("ask" as const) }) },
      { weight: 4, arbitrary: fc.record({ verb: fc.constant("report" as const), which: fc.nat(30), verdict }) },
      {
        weight: 1,
        arbitrary: fc.record({ verb: fc.constant("wait" as const), time: fc.constantFrom(300, 999, 1000) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 80 }), async (failures, steps) => {
        const { subject, clock } = circuit(failures);
        const model = new CircuitModel(failures);
        const calls: { call: AdmittedCall; ticket: number }[] = [];
        for (const next of steps) {
          if (next.verb === "wait") await clock.advance(next.time);
          else if (next.verb === "ask") {
            const ticket = model.ask(clock.now());
            if (ticket === undefined)
              expect(() => subject.admit(DETAILS)).toThrow(storageError({ code: "UNAVAILABLE" }));
            else calls.push({ call: subject.admit(DETAILS), ticket });
          } else if (calls.length > 0) {
            const [ended] = calls.splice(next.which % calls.length, 1);
            ended!.call.report(next.verdict);
            model.end(ended!.ticket, next.verdict, clock.now());
          }
          expect(subject.state).toBe(model.state);
        }
        // Never stuck: after the time of a reset somebody is let through, and his success closes it.
        await clock.advance(1000);
        subject.admit(DETAILS).report("available");
        expect(subject.state).toBe("closed");
      }),
      { numRuns: 300 },
    );
  });
});

/** The rules as a table: who may pass, and what his end means, by the era in which he passed. */
class CircuitModel {
  state: "closed" | "open" | "half-open" = "closed";
  private era = 0;
  private failed = 0;
  private since = 0;
  private probes: { ticket: number; at: number }[] = [];
  private readonly eras = new Map<number, number>();

  constructor(private readonly limit: number) {}

  ask(now: number): number | undefined {
    if (this.state === "open" && now - this.since < 1000) return undefined;
    if (this.state === "open") this.go("half-open");
    const ticket = this.eras.size;
    if (this.state === "half-open") {
      const latest = this.probes.at(-1);
      if (latest !== undefined && now - latest.at < 1000) return undefined;
      this.probes.push({ ticket, at: now });
    }
    this.eras.set(ticket, this.era);
    return ticket;
  }

  end(ticket: number, verdict: Verdict, now: number): void {
    if (this.eras.get(ticket) !== this.era) return;
    if (this.probes.at(-1)?.ticket === ticket) this.probes = [];
    if (verdict === "available") {
      this.failed = 0;
      if (this.state === "half-open") this.go("closed");
    } else if (verdict === "unavailable" && (this.state === "half-open" || ++this.failed === this.limit)) {
      this.since = now;
      this.go("open");
    }
  }

  private go(state: CircuitModel["state"]): void {
    this.state = state;
    this.era++;
    this.failed = 0;
    this.probes = [];
  }
}
