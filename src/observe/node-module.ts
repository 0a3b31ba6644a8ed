import type * as asyncHooks from "node:async_hooks";
import type * as diagnosticsChannel from "node:diagnostics_channel";

interface NodeModules {
  "node:async_hooks": typeof asyncHooks;
  "node:diagnostics_channel": typeof diagnosticsChannel;
}

/**
 * Returns a built-in module of Node, looked up at run time; `undefined` where there is none. Bundlers for browsers do
 * not see the module, and need no replacement for it.
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  const { process } = globalThis as { process?: Partial<NodeJS.Process> };
  return process?.getBuiltinModule?.(name);
}
