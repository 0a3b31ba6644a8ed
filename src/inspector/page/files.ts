import type { Answer } from "../answers.js";
import { PAGE } from "./markup.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";
import { VIEWS } from "./view-scripts.js";

/** The files of the page, by path. They hold no data of the store, so they need no session. */
export const PAGE_FILES: ReadonlyMap<string, Answer> = new Map([
  ["/", file("text/html", PAGE)],
  ["/inspector.css", file("text/css", STYLE)],
  ["/inspector.js", file("text/javascript", SCRIPT)],
  ["/views.js", file("text/javascript", VIEWS)],
]);

function file(type: string, body: string): Answer {
  return { status: 200, body, headers: { "content-type": `${type}; charset=utf-8` } };
}
