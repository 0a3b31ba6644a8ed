/**
 * Imports a module whose name bundlers must not see: they would look for it, and take it into every program.
 *
 * @throws what the runtime throws where there is no such module
 */
export function importByName(name: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}
