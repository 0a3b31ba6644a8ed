import { existsSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { serviceVariable } from "./service-variable.js";
import { originOf, serveSite } from "./site-server.js";
import { startBrowser } from "./browser.js";

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
  browser = await startBrowser();
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

interface Found {
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  readonly links: readonly string[];
  readonly ids: readonly string[];
}

// For the browser, whose types are not those of this project.
const FETCH_PAGES = `async (paths) => Promise.all(paths.map(async (path) => {
  const response = await fetch(path);
  const text = await response.text();
  const page = new DOMParser().parseFromString(text, "text/html");
  return {
    path,
    status: response.status,
    bytes: text.length,
    links: [...page.querySelectorAll("a[href]")].map((a) => new URL(a.getAttribute("href"), location.origin + path).href),
    ids: [...page.querySelectorAll("[id]")].map(({ id }) => id),
  };
}))`;

/** All pages that links lead to, from the first one on. */
async function follow(): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  await page.goto(`${origin}/`, { waitUntil: "load" });
  let paths = ["/"];
  while (paths.length > 0) {
    const pages = await page.evaluate<Found[]>(`(${FETCH_PAGES})(${JSON.stringify(paths)})`);
    for (const one of pages) found.set(one.path, one);
    const links = pages.flatMap((one) => one.links.map((link) => new URL(link)));
    const within = links.filter((link) => link.origin === origin).map((link) => link.pathname);
    paths = [...new Set(within)].filter((path) => !found.has(path));
  }
  return found;
}

it("has no link that leads nowhere, and no page that the browser complains of", async () => {
  const problems: string[] = [];
  const found = await follow();
  for (const { path, status, links } of found.values()) {
    if (status !== 200) problems.push(`${path} is ${status}`);
    for (const link of links) {
      const { origin: of, pathname, hash } = new URL(link);
      if (link.startsWith(HOME) && !existsSync(decodeURIComponent(link.slice(HOME.length).split("#")[0]!))) {
        problems.push(`${path} leads to ${link}, which is not in the repository`);
      }
      if (of !== origin || hash === "") continue;
      const id = decodeURIComponent(hash.slice(1));
      if (!found.get(pathname)!.ids.includes(id))
        problems.push(`${path} leads to ${link}, a heading that is not there`);
    }
  }
  // The book, and of the reference, whose pages one program makes, the largest page of each kind.
  const opened = new Map<string, Found>();
  for (const one of found.values()) {
    const kind = /^\/api\/.*?([^/]*)\/[^/]*$/.exec(one.path)?.[1] ?? one.path;
    if (one.bytes > (opened.get(kind)?.bytes ?? 0)) opened.set(kind, one);
  }
  for (const { path } of opened.values()) {
    complaints = [];
    await page.goto(origin + path, { waitUntil: "load" });
    await page.locator("main h1").first().waitFor();
    problems.push(...complaints.map((complaint) => `${path}: ${complaint}`));
  }
  process.stderr.write(`${found.size} pages, of which ${opened.size} were opened\n`);
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
