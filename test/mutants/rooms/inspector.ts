import { behaviour, seenByTests, type Mutant } from "../mutant.js";

const GATE = seenByTests("inspector/gate.test.ts");

export const INSPECTOR: readonly Mutant[] = [
  {
    name: "the inspector answers to any name",
    promise: behaviour("the inspector is called by its own name alone"),
    file: "inspector/gate.ts",
    from: 'if (!known.includes(host) || countOf("host", request) !== 1) {',
    to: 'if (countOf("host", request) !== 1) {',
    seenBy: GATE,
  },
  {
    name: "the inspector works for any page",
    promise: behaviour("what works or changes needs a page of the inspector"),
    file: "inspector/gate.ts",
    from: "headers.origin === origin || (isRead && headers.origin === undefined)",
    to: "headers.origin === origin || headers.origin === undefined",
    seenBy: GATE,
  },
  {
    name: "the inspector needs no session",
    promise: behaviour("the inspector is for those who gave its token"),
    file: "inspector/inspector.ts",
    from: "if (!this.#sessions.has(request)) {",
    to: "if (request.headers.cookie === undefined) {",
    seenBy: GATE,
  },
  {
    name: "the inspector talks to other machines without TLS",
    promise: behaviour("another machine needs TLS and a name that was given"),
    file: "inspector/gate.ts",
    from: "if (!isNear && !isEncrypted)",
    to: "if (!isNear && !isEncrypted && hosts === undefined)",
    seenBy: seenByTests("inspector/arrival.test.ts"),
  },
  {
    name: "the inspector deletes without being allowed to",
    promise: behaviour("the inspector only reads until it may delete"),
    file: "inspector/inspector.ts",
    from: "if (route.changes === true && !settings.allowDelete) {",
    to: "if (route.changes === true && settings.allowDelete === undefined) {",
    seenBy: seenByTests("inspector/views.test.ts"),
  },
  {
    name: "the page of the inspector may be framed",
    promise: behaviour("the page of the inspector loads nothing from elsewhere"),
    file: "inspector/answers.ts",
    from: "; frame-ancestors 'none'",
    to: "",
    seenBy: GATE,
  },
  {
    name: "the doctor of a tenant goes to the whole store",
    promise: behaviour("the inspector of a tenant shows that tenant alone"),
    file: "inspector/views/maintenance.ts",
    from: 'return isStorageError(error, "REFERENCE_DENIED");',
    to: "return false && isStorageError(error);",
    seenBy: seenByTests("inspector/views.test.ts"),
  },
  {
    name: "dry runs run beside each other",
    promise: behaviour("a dry run is run once at a time"),
    file: "inspector/workload.ts",
    from: "    this.#alone.add(name);",
    to: "",
    seenBy: seenByTests("inspector/workload.test.ts"),
  },
];
