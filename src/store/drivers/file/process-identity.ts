import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { errnoOf } from "./file-error.js";

/** Names a process in such a way that others can find out whether it still runs. */
export interface ProcessIdentity {
  /** Where `pid` has a meaning: one boot of one machine and, on Linux, one PID namespace (a container has its own). */
  readonly domain: string;
  readonly pid: number;
  /** When the process began, in clock ticks since boot; tells it from a later one with its `pid`. "0": not known. */
  readonly start: string;
}

/** `undefined`: it can't be told from here, since the process is of another machine, boot or container. */
export type Liveness = "alive" | "dead" | undefined;

let current: ProcessIdentity | undefined;

/** The identity of this process. */
export function currentProcess(): ProcessIdentity {
  return (current ??= {
    domain: createHash("sha256").update(domainName()).digest("hex").slice(0, 16),
    pid: process.pid,
    start: processState(process.pid)?.start ?? "0",
  });
}

/** Whether the process runs. */
export function livenessOf(owner: ProcessIdentity): Liveness {
  if (owner.domain !== currentProcess().domain) return undefined;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return errnoOf(error) === "ESRCH" ? "dead" : "alive"; // EPERM: it runs, as another user
  }
  // With /proc mounted hidepid a process of another user has no state to see: it lives, since kill() found it.
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

/** What Linux's /proc/[pid]/stat says; `undefined` where there is none. */
function processState(pid: number): { start: string; ended: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name of the program in parentheses, which may hold anything. State is field 3 and the
    // start time field 22, by proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const start = fields[19];
    return start === undefined ? undefined : { start, ended: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}
