import { digestText, beginSha256 } from "../../../bytes/digest.js";
import { isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import { tell } from "../../../observe/tell.js";
import { keptAttributes } from "../../copy-by-writing.js";
import type { ObjectInfo, WriteOptions } from "../../store.js";
import { beginAttempt, failureOf, type ReplicaCall } from "../replicas/ask-replicas.js";
import { throwIfAborted } from "../../../async/abort.js";
import { openCopy, truncated, type ReadRequest } from "../replicas/copy-body.js";
import { withDigest } from "../replicas/known-digest.js";
import type { ReplicaReader } from "../replicas/replica-reader.js";
import type { Replica } from "../replicas/replica.js";
import { isSound, rightDigest, type Finding, type JudgeRules } from "./judge-copies.js";

/** What a repair found and did. Each store is in exactly one of the lists. */
export interface RepairReport {
  path: string;
  /**
   * The digest of the right version, `sha256-` + base64url. Absent when no rule could tell it. Nothing was done then.
   */
  digest?: string;
  /** Stores that held the right version. */
  good: string[];
  /** Stores that did not hold the right version, and now do. */
  repaired: string[];
  /** Stores that hold nothing. The right version for them could not be told. */
  missing: string[];
  /** Stores whose bytes have not the digest that the path or the object itself claims, while no good copy is there. */
  corrupt: string[];
  /**
   * Stores that hold another version, or that changed before the repair could replace it. They were left as they are.
   */
  conflicting: string[];
  /** The error codes of stores that could not be read or not be mended. */
  failed: Record<string, StorageErrorCode>;
}

/** How a repair reads, judges and writes. */
export interface RepairContext {
  readonly replicas: readonly Replica[];
  readonly reader: ReplicaReader;
  readonly rules: JudgeRules;
  /** Whether digests are kept beside objects. */
  readonly storeDigest: boolean;
  isOutdated(replica: Replica): boolean;
}

/** Reads what every store holds of an object, and mends the wrong copies, if a rule can tell which are wrong. */
export async function repairObject(
  request: ReadRequest,
  call: ReplicaCall,
  context: RepairContext,
): Promise<RepairReport> {
  const { path } = request;
  const findings = await Promise.all(context.replicas.map((replica) => inspect(replica, request, call, context)));
  const digest = rightDigest(findings, context.rules);
  const report: RepairReport = { path, good: [], repaired: [], missing: [], corrupt: [], conflicting: [], failed: {} };
  if (digest !== undefined) report.digest = digest;
  const good = findings.filter((finding) => finding.state === "present" && finding.digest === digest);
  for (const finding of findings) {
    const { name } = finding.replica;
    if (good.includes(finding)) report.good.push(name);
    else if (finding.state === "failed") report.failed[name] = finding.error.code;
    else if (digest !== undefined) await mend(finding, good, digest, request, call, context, report);
    else if (finding.state === "missing") report.missing.push(name);
    else (isSound(finding) ? report.conflicting : report.corrupt).push(name);
  }
  return report;
}

async function inspect(
  replica: Replica,
  request: ReadRequest,
  call: ReplicaCall,
  context: RepairContext,
): Promise<Finding> {
  const attempt = beginAttempt(replica, call);
  try {
    const body = await openCopy(replica, request, {}, attempt);
    try {
      const made = beginSha256();
      let size = 0;
      for (let chunk = await body.timedNext(); chunk !== undefined; chunk = await body.timedNext()) {
        made.update(chunk);
        size += chunk.byteLength;
      }
      if (size !== body.info.size) throw truncated(size, body.info.size, request.details);
      const digest = digestText(made);
      const outdated = context.isOutdated(replica);
      return { replica, state: "present", info: body.info, digest, claimed: body.digest, outdated };
    } finally {
      body.abandon();
    }
  } catch (thrown) {
    throwIfAborted(call.signal, call.details);
    const { error } = failureOf(replica, thrown, call);
    return isStorageError(error, "NOT_FOUND") ? { replica, state: "missing" } : { replica, state: "failed", error };
  } finally {
    attempt.end();
  }
}

async function mend(
  wrong: Exclude<Finding, { state: "failed" }>,
  good: readonly Finding[],
  digest: string,
  request: ReadRequest,
  call: ReplicaCall,
  context: RepairContext,
  report: RepairReport,
): Promise<void> {
  const { replica } = wrong;
  const { store, name } = replica;
  const { path, details } = request;
  const attempt = beginAttempt(replica, call);
  attempt.stop(); // The time limit does not apply, since the write takes as long as reading the source.
  try {
    const condition = await attempt.wait(stillWrong(wrong, path, attempt.signal));
    if (condition === undefined) {
      report.conflicting.push(name);
      return;
    }
    const round = { replicas: good.map((finding) => finding.replica), parallelism: 1 };
    const source = await context.reader.read({ rounds: [round] }, path, { signal: call.signal }, details);
    try {
      const options = { ...attributesOf(source.info, digest, replica, context), ...condition, digest };
      await attempt.wait(store.write(path, source, { ...options, signal: attempt.signal }));
    } finally {
      await source.cancel();
    }
    report.repaired.push(name);
    tell(call.observer, "replica_repair", details.store, { replica: name, during: details.operation });
  } catch (thrown) {
    throwIfAborted(call.signal, call.details);
    const { code } = failureOf(replica, thrown, call).error;
    // Another process has written there meanwhile, and perhaps something newer.
    if (code === "ALREADY_EXISTS" || code === "PRECONDITION_FAILED") report.conflicting.push(name);
    else report.failed[name] = code;
  } finally {
    attempt.end();
  }
}

/**
 * Returns the condition under which the copy may be replaced: it is still what was found. Returns `undefined` if it
 * is not.
 */
async function stillWrong(
  wrong: Exclude<Finding, { state: "failed" }>,
  path: string,
  signal: AbortSignal,
): Promise<Pick<WriteOptions, "ifNoneMatch" | "ifMatch"> | undefined> {
  const { capability } = wrong.replica.store;
  if (wrong.state === "missing" && capability.ifNoneMatch) return { ifNoneMatch: "*" };
  if (wrong.state === "present" && capability.ifMatch && wrong.info.etag !== undefined) {
    return { ifMatch: wrong.info.etag };
  }
  // This is not atomic. If another process writes between this look and the write, its write is lost.
  const now = await wrong.replica.store.stat(path, { signal });
  if (wrong.state === "missing") return now === undefined ? {} : undefined;
  return now !== undefined && isSameVersion(now, wrong.info) ? {} : undefined;
}

function isSameVersion(a: ObjectInfo, b: ObjectInfo): boolean {
  return a.size === b.size && a.etag === b.etag && a.lastModified?.getTime() === b.lastModified?.getTime();
}

function attributesOf(
  { size, contentType, metadata }: ObjectInfo,
  digest: string,
  { store }: Replica,
  { storeDigest, rules }: RepairContext,
): WriteOptions {
  const kept = withDigest(metadata, storeDigest && rules.told === undefined ? digest : undefined);
  return { size, ...keptAttributes(store.capability, { contentType, metadata: kept }) };
}
