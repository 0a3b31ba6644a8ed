import { run as explain } from "./verbs/explain.js";
import { run as dehydrate } from "./verbs/dehydrate.js";
import { run as hydrate } from "./verbs/hydrate.js";
import { run as inspect } from "./verbs/inspect.js";
import { run as cat } from "./verbs/cat.js";
import { run as verify } from "./verbs/verify.js";
import { run as ls } from "./verbs/ls.js";
import { run as du } from "./verbs/du.js";
import { run as gc } from "./verbs/gc.js";
import { run as release } from "./verbs/release.js";
import { run as done } from "./verbs/done.js";
import { run as cp } from "./verbs/cp.js";
import { run as diff } from "./verbs/diff.js";
import { run as migrate } from "./verbs/migrate.js";
import { run as reencrypt } from "./verbs/reencrypt.js";
import { run as lifecycle } from "./verbs/lifecycle.js";
import { run as iam } from "./verbs/iam.js";
import { run as doctor } from "./verbs/doctor.js";
import { run as env } from "./verbs/env.js";
import { run as serve } from "./verbs/serve.js";
import { run as completion } from "./verbs/completion.js";
import type { RunVerb } from "./verb.js";
import type { VerbName } from "./verbs.js";

export { OpenManagers } from "./open-manager.js";
export { readFlags } from "./units.js";

/**
 * The function of each verb. This module and its dependencies are loaded when a verb runs. Help and usage errors do
 * not load them.
 */
export const RUNS: Readonly<Record<VerbName, RunVerb>> = {
  explain,
  dehydrate,
  hydrate,
  inspect,
  cat,
  verify,
  ls,
  du,
  gc,
  release,
  done,
  cp,
  diff,
  migrate,
  reencrypt,
  lifecycle,
  iam,
  doctor,
  env,
  serve,
  completion,
};
