import { mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StorageErrorCode } from "../../src/errors/error.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import type { Store } from "../../src/store/store.js";
import { Violation } from "../support/fault-run/possible-states.js";
import { choicesOf } from "./choices.js";
import type { Site } from "./site.js";
import { WatchedDisk } from "./watched-disk.js";

// A device that fails, one that is full, too many open files.
const ERRNOS = ["EIO", "ENOSPC", "EMFILE"];

// Power cuts of one case right after a dehydration, and at any moment.
const CUTS = 1;

/** Stores of files, on a disk that fails now and then, and loses power. */
export class FileSite implements Site {
  readonly kind = "file";
  readonly inRealTime = false;
  readonly codes: readonly StorageErrorCode[];
  readonly #stores: FileStore[] = [];
  readonly #tickets: { ticket: object; at: number }[] = [];
  readonly #disk: WatchedDisk;
  #calm = false;
  #struck = 0;

  private constructor(
    private readonly seed: number,
    private readonly directory: string,
  ) {
    const choice = choicesOf(seed, "disk");
    const rate = choice.of([0, 0, 0.01, 0.1]);
    this.codes = rate === 0 ? [] : ["UNAVAILABLE", "INSUFFICIENT_STORAGE", "THROTTLED"];
    this.#disk = new WatchedDisk(join(directory, "disk"), () => {
      if (this.#calm || !choice.chance(rate)) return undefined;
      this.#struck++;
      return choice.of(ERRNOS);
    });
  }

  static async open(seed: number): Promise<FileSite> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "coatcheck-chaos-")));
    await mkdir(join(directory, "disk"));
    const site = new FileSite(seed, directory);
    await site.#disk.install();
    return site;
  }

  get removalsFail(): boolean {
    return this.#struck > 0;
  }

  newStore(): Store {
    const store = new FileStore({ root: this.#rootOf(this.#stores.length) });
    this.#stores.push(store);
    return store;
  }

  truth(index: number): Store {
    return new FileStore({ root: this.#rootOf(index) });
  }

  describe(): string {
    return `${this.#struck} steps of the disk failed`;
  }

  onTicket(ticket: object): void {
    this.#tickets.push({ ticket, at: this.#disk.journal.length });
  }

  async calm(): Promise<void> {
    this.#calm = true;
    return Promise.resolve();
  }

  async finish(check: (stores: readonly Store[], isDue: (ticket: object) => boolean) => Promise<void>): Promise<void> {
    await this.#assertTidy();
    const choice = choicesOf(this.seed, "power");
    const { journal } = this.#disk;
    const moments = [
      ...this.#tickets.slice(0, CUTS).map(({ at }) => at),
      ...Array.from({ length: CUTS }, () => choice.below(journal.length + 1)),
    ];
    const from = join(this.directory, "disk");
    for (const [index, moment] of moments.entries()) {
      for (const luck of [undefined, choice]) {
        const to = join(this.directory, `after-${index}-${luck === undefined ? "nothing" : "some"}`);
        await WatchedDisk.restore(journal.afterPowerCut(from, moment, luck), from, to);
        const stores = this.#stores.map((_, store) => new FileStore({ root: join(to, `${store}`, "store") }));
        await check(stores, (ticket) =>
          this.#tickets.some((known) => known.ticket === ticket && known.at <= moment),
        ).catch((error: unknown) => {
          if (!(error instanceof Violation)) throw error;
          throw new Violation(`after a power cut behind step ${moment}: ${error.message}`, { cause: error.cause });
        });
      }
    }
  }

  async remove(): Promise<void> {
    this.#disk.uninstall();
    // After a failed case something may still be going on.
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** No temporary file is left, unless it could not be removed. */
  async #assertTidy(): Promise<void> {
    if (this.#struck > 0) return;
    const left = await readdir(join(this.directory, "disk"), { recursive: true });
    const temporary = left.find((path) => path.includes("%tmp"));
    if (temporary !== undefined) throw new Violation(`a temporary file is left: ${temporary}`);
  }

  #rootOf(index: number): string {
    return join(this.directory, "disk", `${index}`, "store");
  }
}
