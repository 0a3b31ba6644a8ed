import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { loadDeliveries } from "../../examples/demo/deliveries.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { renderHtml } from "../../src/picture/render-html.js";
import { renderSvg } from "../../src/picture/render-svg.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { assertAccessible } from "./accessibility.js";
import { openInspector, type InspectorPage } from "./inspector-page.js";
import { startBrowser } from "./browser.js";

// What everybody can read and use, in the light and in the dark; and the pictures of docs/inspector.md.

const PAGE = readFileSync("docs/inspector.md", "utf8");
const deliveries = loadDeliveries();
const delivery = deliveries.find(({ id }) => id === "pull_request-1")!.body;

let browser: Browser;
let opened: InspectorPage;
let page: Page;
let manager: StorageManager;

beforeAll(async () => {
  browser = await startBrowser();
});

beforeEach(async () => {
  manager = new StorageManager({ store: new MemoryStore(), maxInlineSize: 1024, maxEnvelopeSize: 4096 });
  for (const { id, body } of deliveries.slice(0, 6)) await manager.dehydrate(body, { scope: id, ttl: 30 * 86_400_000 });
  const some = Object.fromEntries(deliveries.slice(0, 12).map(({ id, body }) => [id, body]));
  const message = await manager.dehydrate(some, { scope: "pull-request", maxRecursionDepth: 1 });
  await manager.dehydrate({ message }, { scope: "wrapped", references: "pass", maxRecursionDepth: 0 });
  opened = await openInspector(browser, manager, { width: 960, height: 560 });
  page = opened.page;
});

afterEach(() => opened.close());

afterAll(() => browser.close());

/** Looks whether the documentation shows a picture of this view. UPDATE_PICTURES=1 takes it anew. */
async function assertPictured(name: string): Promise<void> {
  const path = `pictures/inspector-${name}.png`;
  if (process.env["UPDATE_PICTURES"] !== undefined) await page.screenshot({ path: `docs/${path}` });
  expect(readFileSync(`docs/${path}`).subarray(1, 4).toString()).toBe("PNG");
  expect(readFileSync(`docs/${path}`).byteLength).toBeLessThan(160_000);
  expect(PAGE).toMatch(new RegExp(`!\\[[^\\]]{20,}\\]\\(${path}\\)`));
}

it("has views that axe finds nothing in, by day and by night", async () => {
  await page.goto(`${opened.origin}/`);
  await page.getByLabel("Token").waitFor();
  await assertAccessible(page, "entrance");
  opened.complaints.length = 0; // the browser tells of the 401

  await opened.enter();
  await assertAccessible(page, "scopes");
  await assertPictured("scopes");
  await page
    .getByRole("row", { name: /pull-request/ })
    .getByRole("button", { name: "Release" })
    .click();
  await assertAccessible(page, "release");

  await page.getByRole("button", { name: "outputs/wrapped" }).click();
  await page.getByText("1 objects.").waitFor();
  await assertAccessible(page, "objects");
  await page.locator("td button").first().click();
  await page.getByRole("button", { name: /references/ }).click();
  await page.getByRole("button", { name: "Show" }).first().click();
  await page.getByRole("heading", { name: "What it leads to" }).waitFor();
  await assertAccessible(page, "object");

  await page.getByRole("button", { name: "Objects" }).click();
  await page.getByLabel("Paths begin with").fill("outputs/pull-request/");
  await page.keyboard.press("Enter");
  await page.getByText("1 objects.").waitFor();
  await page.locator("td button").first().click();
  await page.getByRole("img").waitFor();
  await page.evaluate("document.activeElement.scrollIntoView()");
  await assertPictured("object");

  await page.getByRole("button", { name: "Payload" }).click();
  await page.getByLabel("A payload").fill(JSON.stringify(delivery));
  await page.getByRole("button", { name: "Draw" }).click();
  await page.getByRole("img").waitFor();
  await assertAccessible(page, "payload");
  await page.evaluate("document.querySelector('img').previousElementSibling.scrollIntoView()");
  await assertPictured("payload");

  await page.getByRole("button", { name: "Collector" }).click();
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByRole("table").waitFor();
  await assertAccessible(page, "collector");

  await page.getByRole("button", { name: "Doctor" }).click();
  await page.getByRole("button", { name: "Try the store" }).click();
  await page.getByRole("table").waitFor();
  await assertAccessible(page, "doctor");
  await assertPictured("doctor");

  await page.getByRole("button", { name: "Events" }).click();
  await page.getByText("Listening.").waitFor();
  await manager.dehydrate(delivery, { scope: "another" });
  await page.getByRole("cell", { name: "dehydrate" }).waitFor();
  await assertAccessible(page, "events");

  await page.getByRole("button", { name: "Objects" }).click();
  await page.getByLabel("Paths begin with").fill("../outside");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "INVALID_PATH" }).waitFor();
  await assertAccessible(page, "a refusal");
});

it("draws pictures that axe finds nothing in, by day and by night, and that are searched by the keyboard", async () => {
  const plan = manager.plan(delivery, { scope: "s" });
  await page.setContent(renderHtml(plan, { title: "A delivery" }));
  await assertAccessible(page, "renderHtml");
  await page.keyboard.press("Tab");
  await page.keyboard.type("repository");
  const rows = page.locator("tbody tr:visible");
  await page
    .getByRole("status")
    .filter({ hasText: /^\d+ parts$/ })
    .waitFor();
  for (const row of await rows.allTextContents()) expect(row).toContain("repository");
  expect(await rows.count()).toBeGreaterThan(0);
  await assertAccessible(page, "renderHtml, searched");
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  await page.setContent(
    `<!doctype html><html lang="en"><title>A delivery</title><body><main><h1>Drawn</h1>${renderSvg(plan)}</main>`,
  );
  await assertAccessible(page, "renderSvg");
  expect(opened.complaints).toEqual([]);
});
