import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

// The peers are installed in bench/ only, and types are checked where they are not installed as well. So none is imported
// by name: each peer says what it uses of its package, in types of its own.

/** An ES module of a package of bench/. */
export async function loadModule(name: string): Promise<unknown> {
  try {
    return (await import(name)) as unknown;
  } catch (error) {
    throw notInstalled(name, error);
  }
}

/** A CommonJS module of a package of bench/. */
export function requireModule(name: string): unknown {
  try {
    return require(name) as unknown;
  } catch (error) {
    throw notInstalled(name, error);
  }
}

function notInstalled(name: string, cause: unknown): Error {
  return new Error(`The benchmark could not load ${name}: run "npm ci --prefix bench".`, { cause });
}
