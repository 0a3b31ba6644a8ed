import type { Mutant } from "./mutant.js";
import { COLLECT } from "./rooms/collect.js";
import { COMMAND } from "./rooms/command.js";
import { DRIVERS } from "./rooms/drivers.js";
import { ENGINES } from "./rooms/engines.js";
import { FOREIGN } from "./rooms/foreign.js";
import { INSPECTOR } from "./rooms/inspector.js";
import { KEPT } from "./rooms/kept.js";
import { LAYERS_AND_FEATURES } from "./rooms/layers-and-features.js";
import { FIRST_HOUR } from "./rooms/first-hour.js";
import { FILES } from "./rooms/files.js";
import { MESSAGES } from "./rooms/messages.js";
import { MIGRATING } from "./rooms/migrating.js";
import { OBJECT } from "./rooms/object.js";
import { PLAN } from "./rooms/plan.js";
import { READS } from "./rooms/reads.js";
import { REFERENCE } from "./rooms/reference.js";
import { RELEASE } from "./rooms/release.js";
import { REPLICAS } from "./rooms/replicas.js";
import { RETENTION } from "./rooms/retention.js";
import { ROUTES_AND_TIERS } from "./rooms/routes-and-tiers.js";
import { S3_DIRECT } from "./rooms/s3-direct.js";
import { SEALED } from "./rooms/sealed.js";
import { STEPS } from "./rooms/steps.js";
import { STREAMS } from "./rooms/streams.js";
import { TELLING } from "./rooms/telling.js";
import { WORKFLOWS } from "./rooms/workflows.js";

/** All mutants. */
export const MUTANTS: readonly Mutant[] = [
  ...PLAN,
  ...REFERENCE,
  ...OBJECT,
  ...READS,
  ...STREAMS,
  ...STEPS,
  ...SEALED,
  ...KEPT,
  ...RETENTION,
  ...COLLECT,
  ...RELEASE,
  ...TELLING,
  ...DRIVERS,
  ...S3_DIRECT,
  ...ROUTES_AND_TIERS,
  ...LAYERS_AND_FEATURES,
  ...REPLICAS,
  ...FILES,
  ...FIRST_HOUR,
  ...MESSAGES,
  ...MIGRATING,
  ...ENGINES,
  ...FOREIGN,
  ...WORKFLOWS,
  ...COMMAND,
  ...INSPECTOR,
];
