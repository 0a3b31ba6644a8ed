import { existsSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import { chromium, type Browser, type Page } from "playwright-core";
import { serviceVariable } from "./service-variable.js";
import { originOf, serveSite } from "./site-server.js";

// The built site, as a reader sees it: in a browser. docs/decisions/0035-the-site.md says what is looked for.

jest.setTimeout(600_000);

const { repository } = JSON.parse(readFileSync("package.json", "utf8")) as { repository: { url: string } };
const HOME = `${repository.url.replace(/^git\+|\.git$/g, "")}/blob/main/`;

let server: Server;
let browser: Browser;
let page: Page;
let origin: string;
/** What the browser complained of, since the last page was opened. */
let complaints: string[];

beforeAll(async () => {
  server = await serveSite(serviceVariable("SITE_DIRECTORY"));
  origin = originOf(server);
  browser = await chromium.launch({ executablePath: serviceVariable("SITE_BROWSER"), args: ["--no-sandbox"] });
  page = await browser.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()} is ${response.status()}`);
  });
  // Pages that a link leads to are fetched before they are asked for, which ends when the reader goes elsewhere.
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") complaints.push(`${request.url()} failed: ${why}`);
  });
});

beforeEach(() => {
  complaints = [];
});

afterAll(async () => {
  await browser.close();
  server.close();
  server.closeAllConnections();
});

interface Opened {
  readonly links: readonly string[];
  readonly ids: readonly string[];
}

// For the browser, whose types are not those of this project.
const READ_PAGE = `({
  links: [...document.querySelectorAll("a[href]")].map(({ href }) => href),
  ids: [...document.querySelectorAll("[id]")].map(({ id }) => id),
})`;

async function open(path: string): Promise<Opened> {
  const response = await page.goto(origin + path, { waitUntil: "load" });
  if (response?.status() !== 200) throw new Error(`${path} is not there`);
  return page.evaluate<Opened>(READ_PAGE);
}

it("has no link that leads nowhere, and no page that the browser complains of", async () => {
  const problems: string[] = [];
  const opened = new Map<string, Opened>();
  const waiting = ["/"];
  const headings: [from: string, path: string, id: string][] = [];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (opened.has(path)) continue;
    complaints = [];
    const found = await open(path).catch((error: unknown) => void problems.push(String(error)));
    opened.set(path, found ?? { links: [], ids: [] });
    problems.push(...complaints.map((complaint) => `${path}: ${complaint}`));
    for (const link of found?.links ?? []) {
      const { origin: of, pathname, hash } = new URL(link);
      if (link.startsWith(HOME) && !existsSync(decodeURIComponent(link.slice(HOME.length).split("#")[0]!))) {
        problems.push(`${path} leads to ${link}, which is not in the repository`);
      }
      if (of !== origin) continue;
      waiting.push(pathname);
      if (hash !== "") headings.push([path, pathname, decodeURIComponent(hash.slice(1))]);
    }
  }
  for (const [from, path, id] of headings) {
    if (!opened.get(path)!.ids.includes(id))
      problems.push(`${from} leads to ${path}#${id}, a heading that is not there`);
  }
  expect([...new Set(problems)]).toEqual([]);
  expect(opened.size).toBeGreaterThan(100);
});

const TABLE = readFileSync("docs/decisions/0035-the-site.md", "utf8");
const searches = [...TABLE.matchAll(/^\| ([^|]+?) +\| `([^`]+)` +\| `(\/[^`]+)` +\|$/gm)].map(
  ([, wanted, typed, path]) => [wanted!, typed!, path!] as const,
);

it("is asked for ten things", () => {
  expect(searches).toHaveLength(10);
});

it.each(searches)("%s: typing %s leads to %s, by one of the first three results", async (_, typed, path) => {
  await page.goto(`${origin}/`, { waitUntil: "load" });
  await page.click("#local-search button");
  await page.fill(".search-input", typed);
  // The box asks its index some time after the last key.
  const among = page.locator(`.results li:nth-child(-n + 3) a.result:is([href="${path}"], [href^="${path}#"])`);
  await among.first().click({ timeout: 20_000 });
  await page.waitForURL((url) => url.pathname === path);
  await page.locator("main h1").waitFor();
  expect(complaints).toEqual([]);
});
