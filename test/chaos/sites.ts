import { choicesOf, weighted } from "./choices.js";
import { FileSite } from "./file-site.js";
import { S3Service, S3Site } from "./s3-site.js";
import { MemorySite, type Site, type SiteKind } from "./site.js";

// How often each kind comes up: what needs real I/O takes a hundred times as long.
const KINDS: readonly { readonly kind: SiteKind; readonly weight: number }[] = [
  { kind: "memory", weight: 80 },
  { kind: "file", weight: 15 },
  { kind: "s3", weight: 5 },
];

/** Opens the sites of cases, one after the other. Servers are started when the first case needs them. */
export class Sites {
  #service: Promise<S3Service> | undefined;

  /** @param only the kinds that cases may have; default all */
  constructor(private readonly only?: readonly SiteKind[]) {}

  async open(seed: number): Promise<Site> {
    const kinds = KINDS.filter(({ kind }) => this.only?.includes(kind) ?? true);
    const { kind } = weighted(choicesOf(seed, "site"), kinds);
    if (kind === "memory") return new MemorySite();
    if (kind === "file") return FileSite.open(seed);
    return new S3Site(seed, await (this.#service ??= S3Service.start()));
  }

  async close(): Promise<void> {
    await (await this.#service)?.stop();
  }
}
