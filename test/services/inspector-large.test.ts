import type { Browser } from "playwright-core";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { renderHtml } from "../../src/picture/render-html.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { ListOptions, ObjectInfo } from "../../src/store/store.js";
import { openInspector, type InspectorPage } from "./inspector-page.js";
import { startBrowser } from "./browser.js";

// Much of it: a page stays usable, since it shows little at once. Times are told, and not asserted: they are the machine's.
jest.setTimeout(300_000);

const COUNT = 100_000;
// Many parts of a size that is worth a rectangle, each of many that is not.
const payload = Array.from({ length: COUNT / 40 }, (_, index) => ({
  name: `item ${index}`,
  values: Array.from({ length: 37 }, (_, n) => index * n),
}));

/** A store with a scope of so many objects that its listing makes up. */
class LargeScope extends MemoryStore {
  override async *list(
    prefix: string,
    { startAfter = "", limit = COUNT }: ListOptions = {},
  ): AsyncGenerator<ObjectInfo> {
    const first = Number(/\d{6}/.exec(startAfter)?.[0] ?? -1) + 1;
    for (let index = first; index < Math.min(first + limit, COUNT); index++) {
      if (index % 1000 === 0) await new Promise(setImmediate); // as a request takes a turn of the event loop
      const path = `outputs/all/${String(index).padStart(6, "0")}.json`;
      if (path.startsWith(prefix)) yield { path, size: 11, lastModified: new Date(index) };
    }
  }
}

const MOST_ELEMENTS = 25_000;

let browser: Browser;
let opened: InspectorPage;
// All of a payload travels, so that all of it is drawn.
const manager = new StorageManager({ store: new LargeScope(), maxInlineSize: 1 << 30, maxEnvelopeSize: 1 << 30 });

beforeAll(async () => {
  browser = await startBrowser();
  opened = await openInspector(browser, manager, { width: 1000, height: 800 });
  opened.page.setDefaultTimeout(60_000);
  await opened.page.addInitScript(`
    window.tasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(Math.round(duration));
    }).observe({ type: "longtask", buffered: true });
  `);
  await opened.enter();
});

afterAll(async () => {
  await opened.close();
  await browser.close();
});

/** Does something, and looks at what the page has become. Tells how long it took. */
async function assertUsable(what: string, work: () => Promise<unknown>): Promise<void> {
  const { page } = opened;
  await page.evaluate("tasks.length = 0");
  const begun = performance.now();
  await work();
  // Until it is drawn.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
  const took = Math.round(performance.now() - begun);
  const nodes = await page.evaluate<number>("document.querySelectorAll('*').length");
  const tasks = await page.evaluate<number[]>("tasks");
  process.stdout.write(`${what}: ${took} ms, tasks of ${tasks.join(", ") || "less than 50"} ms, ${nodes} elements\n`);
  expect(nodes).toBeLessThan(MOST_ELEMENTS);
}

it("shows a scope of 100,000 objects, a page at a time", async () => {
  const { page } = opened;
  await assertUsable("scopes", async () => {
    await page.getByRole("button", { name: "Scopes" }).click();
    await page
      .getByRole("cell", { name: String(COUNT), exact: true })
      .first()
      .waitFor();
  });
  await assertUsable("objects", async () => {
    await page.getByRole("button", { name: "outputs/all" }).click();
    await page.getByText("100 objects, and more.").waitFor();
  });
  await assertUsable("more objects", async () => {
    await page.getByRole("button", { name: "More" }).click();
    await page.getByText("200 objects, and more.").waitFor();
  });
  await assertUsable("collector", async () => {
    await page.getByRole("button", { name: "Collector" }).click();
    await page.getByRole("button", { name: "Look" }).click();
    await page.getByText(`${COUNT} objects seen`).waitFor();
  });
});

it("draws a payload of 100,000 nodes, and shows what is in one", async () => {
  const { page } = opened;
  const text = JSON.stringify(payload);
  await page.getByRole("button", { name: "Payload" }).click();
  await assertUsable("pasted", () => page.getByLabel("A payload").fill(text));
  await assertUsable("drawn", async () => {
    await page.getByRole("button", { name: "Draw" }).click();
    await page.getByRole("img").waitFor();
    await page.evaluate("document.querySelector('img').decode()");
  });
  const numbers = Array.from({ length: COUNT }, (_, index) => index);
  const reference = await manager.dehydrate(
    { numbers },
    { scope: "numbers", maxInlineSize: 1024, maxEnvelopeSize: 1024 },
  );
  await page.getByLabel("A payload").fill(JSON.stringify(reference));
  await page.getByRole("button", { name: "Draw" }).click();
  await assertUsable("resolved", async () => {
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("heading", { name: "What it leads to" }).waitFor();
  });
  await assertUsable("more of it", () => page.getByRole("button", { name: "More of it" }).click());
  expect((await page.locator("pre").textContent())?.length).toBe(100_000);
  await assertUsable("as one page", () => page.setContent(renderHtml(manager.plan(payload, { scope: "s" }))));
  expect(await page.locator("#cc-treemap rect").count()).toBeLessThanOrEqual(3500);
  await assertUsable("searched", () => page.getByLabel("Search by path").fill("[7]"));
});
