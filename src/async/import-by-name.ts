/**
 * Imports a module whose name bundlers must not see. They would look for it, and include it in every program.
 *
 * @throws the error of the runtime where there is no such module
 */
export function importByName(name: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}
