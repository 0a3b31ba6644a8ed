// Follows every link of the built site, to its heading too, and looks for what readers look for by the index of its search.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const dist = join(import.meta.dirname, "dist");
const problems = [];
const texts = new Map();

function pageOf(path) {
  const name = path.endsWith("/") ? `${path}index.html` : `${path}.html`;
  const file = [name, `${path}/index.html`, path].find((one) => existsSync(join(dist, one)) && /\.\w+$/.test(one));
  if (file !== undefined && !texts.has(file)) texts.set(file, readFileSync(join(dist, file), "utf8"));
  return file;
}

const pages = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith(".html") && name !== "404.html");
let links = 0;
for (const page of pages) {
  const html = readFileSync(join(dist, page), "utf8");
  for (const [, href] of html.matchAll(/<a [^>]*href="([^"]+)"/g)) {
    if (/^[a-z]+:/.test(href)) continue;
    links++;
    const { pathname, hash } = new URL(href, `http://site/${page.replaceAll("\\", "/")}`);
    const file = pageOf(decodeURIComponent(pathname.slice(1)) || "index");
    if (file === undefined) problems.push(`${page} leads to ${href}, which is not there.`);
    else if (hash !== "" && !texts.get(file).includes(`id="${decodeURIComponent(hash.slice(1))}"`)) {
      problems.push(`${page} leads to ${href}, a heading that is not there.`);
    }
  }
}

const pictures = new Set();
for (const html of texts.values()) {
  for (const [, source] of html.matchAll(/<img [^>]*src="([^"]+)"/g)) pictures.add(source);
}
for (const source of pictures) {
  if (!/^[a-z]+:/.test(source) && !existsSync(join(dist, source))) problems.push(`The picture ${source} is not there.`);
}
// The README's, and those of the inspector.
if (pictures.size < 5) problems.push(`There are only ${pictures.size} pictures.`);

const chunks = join(dist, "assets/chunks");
const index = readdirSync(chunks).find((name) => name.startsWith("@localSearchIndexroot"));
const words = readFileSync(join(chunks, index), "utf8").toLowerCase();
const wanted = [
  "dehydrate",
  "retention",
  "tombstone",
  "MigratingStore",
  "aes256gcm",
  "presign",
  "conformance",
  "signatures",
];
for (const word of wanted) if (!words.includes(word.toLowerCase())) problems.push(`The search does not know ${word}.`);

if (pages.length < 100 || links < 1000) problems.push(`There are only ${pages.length} pages and ${links} links.`);
if (problems.length > 0) {
  console.error(problems.slice(0, 50).join("\n"));
  process.exit(1);
}
console.log(`${pages.length} pages, ${links} links`);
