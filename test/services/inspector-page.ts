import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { inspector } from "../../src/inspector/inspector.js";
import type { StorageManager } from "../../src/manager/storage-manager.js";

/** An inspector behind a real server, and a page of a browser that may look at it. */
export interface InspectorPage {
  readonly page: Page;
  readonly origin: string;
  readonly token: string;
  /** What the browser complained of, and what it asked elsewhere for. */
  readonly complaints: string[];
  /** Opens the page by its token. */
  readonly enter: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Serves an inspector that may delete, and opens a page of so many pixels. */
export async function openInspector(
  browser: Browser,
  manager: StorageManager,
  viewport: { readonly width: number; readonly height: number },
): Promise<InspectorPage> {
  const look = inspector(manager, { allowDelete: true });
  const server = createServer(look).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const complaints: string[] = [];
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(25_000);
  page.on("console", (said) => complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) complaints.push(request.url());
  });
  const enter = async (): Promise<void> => {
    await page.goto(`${origin}/#${look.token}`);
    await page.getByRole("table").waitFor();
  };
  const close = async (): Promise<void> => {
    await page.close();
    server.close();
    server.closeAllConnections();
  };
  return { page, origin, token: look.token, complaints, enter, close };
}
