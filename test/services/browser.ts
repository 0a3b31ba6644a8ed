import { chromium, type Browser } from "playwright-core";
import { serviceVariable } from "./service-variable.js";

/** Starts the browser of the services, without the sandbox, which a user that is root can't have. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: serviceVariable("BROWSER"), args: ["--no-sandbox"] });
}
