// Gathers what the site is made of in content/: the book, and the files beside it that the book leads to. Links from page to
// page stay links of the site; those to other files of the repository lead there.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize, posix, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const content = join(import.meta.dirname, "content");
const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const home = `${repository.url.replace(/^git\+|\.git$/g, "")}/blob/main/`;
// As the page of the package shows them.
const images = `${home.replace("//github.com/", "//raw.githubusercontent.com/").replace("/blob/", "/")}docs/`;

/** Where each page of the repository is on the site. */
const pages = new Map([
  ["README.md", "index.md"],
  ["CHANGELOG.md", "changelog.md"],
  ["CONTRIBUTING.md", "contributing.md"],
  ["SECURITY.md", "threats.md"],
]);
for (const entry of readdirSync(join(root, "docs"), { recursive: true, withFileTypes: true })) {
  const path = relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
  if (!entry.isFile() || !path.endsWith(".md")) continue;
  // VitePress opens a folder by its index.
  pages.set(
    path,
    path.slice("docs/".length).replace(/(^|\/)README\.md$/, (_, slash) => (slash ? "/index.md" : "book.md")),
  );
}

function linkOf(target, from) {
  if (target.startsWith(images)) return `/${target.slice(images.length)}`;
  const plain = target.startsWith(home) ? target.slice(home.length) : target;
  if (/^(?:[a-z]+:|#)/.test(plain)) return plain;
  const [path, anchor] = plain.split("#");
  const file = target === plain ? posix.normalize(posix.join(posix.dirname(from), path)) : path;
  if (file.startsWith("docs/pictures/") && existsSync(join(root, file))) return `/${file.slice("docs/".length)}`;
  const page = pages.get(file) ?? pages.get(`${file}/README.md`);
  const end = anchor === undefined ? "" : `#${anchor}`;
  if (page !== undefined) return `/${page}${end}`;
  if (!existsSync(join(root, file))) throw new Error(`${from} leads to ${file}, which does not exist.`);
  return home + file + end;
}

// Of links in code nothing is changed.
function withLinks(text, from) {
  return text
    .split(/(^```.*?^```$)/ms)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replace(/\]\(([^)\s]+)\)/g, (_, target) => `](${linkOf(target, from)})`),
    )
    .join("");
}

rmSync(content, { recursive: true, force: true });
for (const [from, to] of pages) {
  const target = join(content, to);
  mkdirSync(dirname(target), { recursive: true });
  const text = readFileSync(join(root, from), "utf8");
  writeFileSync(target, withLinks(text, normalize(from).replaceAll("\\", "/")));
}
for (const folder of ["observability", "pictures"]) {
  cpSync(join(root, "docs", folder), join(content, "public", folder), { recursive: true });
}
