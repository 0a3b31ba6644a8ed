import type { SiteKind } from "../chaos/site.js";

/** What is promised, and where. */
export interface Promised {
  readonly document: string;
  /** A sentence or a cell of a table as it stands there, without `**`. */
  readonly says: string;
}

/** Who has to notice a mutant: tests of jest, by their files in `test/`, or cases of `test/chaos/`. */
export type SeenBy = { readonly tests: readonly string[] } | { readonly cases: SiteKind };

/** A deliberate break of the source, of one promise, and who has to notice it. */
export interface Mutant {
  readonly name: string;
  readonly promise: Promised;
  /** In `src/`. */
  readonly file: string;
  /** What stands there once, and what takes its place. */
  readonly from: string;
  readonly to: string;
  readonly seenBy: SeenBy;
}

/** A row of `docs/behaviours.md`. */
export function behaviour(says: string): Promised {
  return { document: "docs/behaviours.md", says };
}

/** A page of the book, which begins with the README. */
export function book(page: string, says: string): Promised {
  return { document: page === "README" ? "README.md" : `docs/${page}.md`, says };
}

/** What `SECURITY.md` says; of its threats, the first cell of the row. */
export function security(says: string): Promised {
  return { document: "SECURITY.md", says };
}

export function testing(says: string): Promised {
  return { document: "docs/testing.md", says };
}

export function watching(says: string): Promised {
  return { document: "docs/watching.md", says };
}

export function benchmarks(says: string): Promised {
  return { document: "docs/benchmarks.md", says };
}

export function seenByTests(...tests: readonly string[]): SeenBy {
  return { tests };
}

export function seenByCases(cases: SiteKind): SeenBy {
  return { cases };
}

/** The source with what the mutant breaks. @throws {Error} when what it replaces does not stand there just once */
export function mutated(source: string, { name, file, from, to }: Mutant): string {
  const count = source.split(from).length - 1;
  if (count === 1) return source.replace(from, () => to);
  throw new Error(`The mutant "${name}" is stale: what it replaces stands ${count} times in src/${file}.`);
}
