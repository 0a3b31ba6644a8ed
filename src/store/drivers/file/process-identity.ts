import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { errnoOf } from "./file-error.js";

/** Identity of a process, by which other processes can find out whether it still runs. */
export interface ProcessIdentity {
  /**
   * Scope in which `pid` has a meaning: one boot of one machine. On Linux also one PID namespace, which each
   * container has.
   */
  readonly domain: string;
  readonly pid: number;
  /**
   * Start of the process in clock ticks since boot. Differs from that of a later process with this `pid`. `"0"`: not
   * known.
   */
  readonly start: string;
}

/** State of a process. `undefined` if it is from another machine, boot or container, where it can't be checked. */
export type Liveness = "alive" | "dead" | undefined;

let current: ProcessIdentity | undefined;

/** Returns the identity of this process. */
export function currentProcess(): ProcessIdentity {
  return (current ??= {
    domain: createHash("sha256").update(domainName()).digest("hex").slice(0, 16),
    pid: process.pid,
    start: processState(process.pid)?.start ?? "0",
  });
}

/** Returns whether a process still runs. */
export function livenessOf(owner: ProcessIdentity): Liveness {
  if (owner.domain !== currentProcess().domain) return undefined;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return errnoOf(error) === "ESRCH" ? "dead" : "alive"; // EPERM: it runs as another user
  }
  // If /proc is mounted with hidepid, the state of another user's process can't be read. kill() found it, so it runs.
  const state = processState(owner.pid);
  if (state === undefined || owner.start === "0") return "alive";
  return state.start === owner.start && !state.ended ? "alive" : "dead";
}

function domainName(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return `${process.platform} ${hostname()}`;
  }
}

/** Reads /proc/[pid]/stat on Linux. Returns `undefined` if there is no such file. */
function processState(pid: number): { start: string; ended: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name of the program in parentheses, which may contain any character. State is field 3
    // and the start time field 22, by proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const start = fields[19];
    return start === undefined ? undefined : { start, ended: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}
