/** Something that `npm run test:services` says in the environment. Missing, it fails the test: nothing is skipped. */
export function serviceVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set. Run the tests of services with: npm run test:services`);
  return value;
}
