import { ENTRIES } from "../scripts/entries.mjs";

/** @type {import("typedoc").TypeDocOptions & import("typedoc-plugin-markdown").PluginOptions} */
export default {
  plugin: ["typedoc-plugin-markdown"],
  entryPoints: Object.values(ENTRIES).map((file) => `../${file}`),
  tsconfig: "../tsconfig.json",
  name: "API",
  out: "content/api",
  entryFileName: "index",
  readme: "none",
  excludePrivate: true,
  excludeProtected: true,
  excludeInternal: true,
  hideBreadcrumbs: true,
  disableSources: true,
  // The tests check the types.
  skipErrorChecking: true,
  // What is referred to and not exported is shown as it is written.
  validation: { notExported: false },
  logLevel: "Warn",
};
