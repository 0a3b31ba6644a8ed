import type { Browser, Page } from "playwright-core";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { openInspector, type InspectorPage } from "./inspector-page.js";
import { startBrowser } from "./browser.js";

// The page of the inspector, as somebody sees it who looks at a store full of hostile names and values.

const MARKUP = `<img src=x onerror="window.hacked=1"><script>window.hacked=2</script><svg onload="window.hacked=3">`;
const text = `${MARKUP} please ring twice. `.repeat(60);
const payload = {
  [MARKUP]: text,
  items: Array.from({ length: 40 }, (_, n) => ({ [`${MARKUP}${n}`]: `${n} ${text}` })),
};

let browser: Browser;
let opened: InspectorPage;
let page: Page;
let manager: StorageManager;

beforeAll(async () => {
  browser = await startBrowser();
});

beforeEach(async () => {
  const store = new MemoryStore();
  manager = new StorageManager({ store });
  const message = await manager.dehydrate(payload, { scope: "run-1" });
  await manager.dehydrate({ message }, { scope: "outer", references: "pass", maxRecursionDepth: 0 });
  await store.write(`outputs/${MARKUP.replaceAll("/", "|")}/x`, Buffer.from("x"));
  for (let index = 0; index < 150; index++)
    await store.write(`outputs/many/${String(index).padStart(3, "0")}`, Buffer.from("x"));
  opened = await openInspector(browser, manager, { width: 320, height: 640 });
  page = opened.page;
});

afterEach(() => opened.close());

afterAll(() => browser.close());

/** No markup did anything, nothing was fetched from elsewhere, and the browser complained of nothing. */
async function assertHarmless(): Promise<void> {
  expect([await page.evaluate("window.hacked"), opened.complaints]).toEqual([undefined, []]);
}

/** Pixels by which the page is wider than its window. */
const overhang = () => page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");

/** What has the focus. */
const focused = () => page.evaluate<string>("document.activeElement.textContent");

/** Presses Tab until something with this text has the focus, and then Enter. */
async function press(wanted: string): Promise<void> {
  for (let steps = 0; steps < 80; steps++) {
    await page.keyboard.press("Tab");
    if ((await focused()) !== wanted) continue;
    await page.keyboard.press("Enter");
    return;
  }
  throw new Error(`The keyboard does not lead to ${wanted}`);
}

it("takes the token out of the address, and asks for one where there is none", async () => {
  await opened.enter();
  expect(page.url()).toBe(`${opened.origin}/`);
  expect(await page.evaluate("document.cookie + JSON.stringify(localStorage)")).toBe("{}");
  await page.context().clearCookies();
  await page.reload();
  await page.getByLabel("Token").fill(opened.token);
  await page.keyboard.press("Enter");
  await page.getByText("outputs/run-1").waitFor();
  expect(opened.complaints.splice(0)).toEqual([expect.stringContaining("401")]);
  await assertHarmless();
});

it("shows each view at 320 pixels, by the keyboard alone", async () => {
  await opened.enter();
  expect(await overhang()).toBeLessThanOrEqual(0);
  await press("outputs/outer");
  await page.getByText("1 objects.").waitFor();
  const path = await page.locator("td button").first().textContent();
  await press(path!);
  await page.getByRole("heading", { name: path! }).waitFor();
  expect(await overhang()).toBeLessThanOrEqual(0);
  await press((await page.locator("td button", { hasText: "references" }).textContent())!);
  await press("Show");
  await page.locator("pre", { hasText: "please ring twice" }).waitFor();
  expect(await focused()).toBe("What it leads to");

  await page.locator("nav button").first().focus();
  await page.keyboard.press("Shift+Tab");
  await press("Payload");
  await page.getByLabel("A payload").focus();
  await page.keyboard.insertText(JSON.stringify(payload));
  await press("Draw");
  await page.locator("img").waitFor();
  expect(
    await page.evaluate<number>(
      "document.querySelector('img').decode().then(() => document.querySelector('img').naturalWidth)",
    ),
  ).toBeGreaterThan(0);
  expect(await overhang()).toBeLessThanOrEqual(0);

  for (const [view, run, seen] of [
    ["Collector", "Look", "unlabelled"],
    ["Doctor", "Try the store", "The store"],
  ] as const) {
    await page.locator("nav button").first().focus();
    await page.keyboard.press("Shift+Tab");
    await press(view);
    await press(run);
    await page.locator("main", { hasText: seen }).waitFor();
    await page.locator("table").waitFor();
    expect(await overhang()).toBeLessThanOrEqual(0);
  }
  await assertHarmless();
});

it("goes on from page to page, and shows events as they happen", async () => {
  await opened.enter();
  await page.getByRole("button", { name: "outputs/many" }).click();
  await page.getByText("100 objects, and more.").waitFor();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByText("150 objects.").waitFor();
  await page.getByRole("button", { name: "Events" }).click();
  await page.getByText("Listening.").waitFor();
  await manager.dehydrate(payload, { scope: "run-2" });
  await page.getByRole("cell", { name: "dehydrate" }).waitFor();
  await assertHarmless();
});

it("takes something away only when its name was typed", async () => {
  await opened.enter();
  await page
    .getByRole("row", { name: /outputs\/run-1/ })
    .getByRole("button", { name: "Release" })
    .click();
  await page.getByLabel("Type run-1 to confirm").fill("run");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "Nothing was changed" }).waitFor();
  await page.getByLabel("Type run-1 to confirm").fill("run-1");
  await page.keyboard.press("Enter");
  await page.getByText("1 objects deleted.").waitFor();
  expect(await page.getByText("outputs/run-1").count()).toBe(0);
  await assertHarmless();
});
