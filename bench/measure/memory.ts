import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

/**
 * The most memory (resident set, bytes) that this process had while `run` went on, above what it had before. On Linux
 * the kernel keeps the peak, and is told to begin anew; elsewhere a sample is taken every few ms, which sees nothing of
 * what comes and goes while the event loop stalls.
 */
export async function peakMemory(run: () => Promise<unknown>): Promise<number> {
  collectGarbage();
  const idle = process.memoryUsage.rss();
  const peak = forgetPeak() ? kernelPeak : samplePeak();
  await run();
  return Math.max(peak() - idle, 0);
}

/** Only where Node runs with `--expose-gc`, as all children of the bench do. */
export function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

function forgetPeak(): boolean {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    kernelPeak();
    return true;
  } catch {
    return false;
  }
}

function kernelPeak(): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  if (line === null) throw new Error("The kernel tells no peak.");
  return Number(line[1]) * 1024;
}

function samplePeak(): () => number {
  let peak = 0;
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, 5);
  return () => {
    sample();
    clearInterval(timer);
    return peak;
  };
}
