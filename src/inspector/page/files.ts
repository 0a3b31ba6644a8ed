import type { Answer } from "../answers.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";
import { VIEWS } from "./view-scripts.js";

/** The page of the inspector. The scripts fill it, with text only. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>coatcheck</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="inspector.css">
<script type="module" src="views.js"></script>
</head>
<body>
<header><h1>coatcheck</h1><p id="store"></p></header>
<nav id="views" aria-label="Views"></nav>
<main id="view" tabindex="-1"><p>This page needs its script.</p></main>
<p id="status" role="status"></p>
<p id="problem" role="alert"></p>
</body>
</html>
`;

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
