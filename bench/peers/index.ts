import type { Contender } from "../contender.js";
import { contender as messageQueueToolkit } from "./message-queue-toolkit.js";
import { bySelector, contender as middyStore } from "./middy-store.js";
import { contender as snsSqsBigPayload } from "./sns-sqs-big-payload.js";
import { contender as temporal } from "./temporal.js";

/** What people would pick instead of coatcheck: packages, at the versions that bench/package.json pins. */
export const peers: readonly Contender[] = [middyStore, bySelector, snsSqsBigPayload, temporal, messageQueueToolkit];
