// The function of each verb, by its name. This module and its dependencies are loaded when a verb runs. Help and usage
// errors do not load them.
export { run as explain } from "./verbs/explain.js";
export { run as dehydrate } from "./verbs/dehydrate.js";
export { run as hydrate } from "./verbs/hydrate.js";
export { run as inspect } from "./verbs/inspect.js";
export { run as cat } from "./verbs/cat.js";
export { run as verify } from "./verbs/verify.js";
export { run as ls } from "./verbs/ls.js";
export { run as du } from "./verbs/du.js";
export { run as gc } from "./verbs/gc.js";
export { run as release } from "./verbs/release.js";
export { run as done } from "./verbs/done.js";
export { run as cp } from "./verbs/cp.js";
export { run as diff } from "./verbs/diff.js";
export { run as migrate } from "./verbs/migrate.js";
export { run as reencrypt } from "./verbs/reencrypt.js";
export { run as lifecycle } from "./verbs/lifecycle.js";
export { run as iam } from "./verbs/iam.js";
export { run as doctor } from "./verbs/doctor.js";
export { run as env } from "./verbs/env.js";
export { run as serve } from "./verbs/serve.js";
export { run as completion } from "./verbs/completion.js";

export { OpenManagers } from "./open-manager.js";
export { readFlags } from "./units.js";
