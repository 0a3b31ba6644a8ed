import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type DefaultTheme } from "vitepress";
import { ENTRIES } from "../../scripts/entries.mjs";

const content = join(import.meta.dirname, "../content");

/** The chapters of the book, as its first page lists them. */
function chapters(): DefaultTheme.SidebarItem[] {
  const sections = readFileSync(join(content, "book.md"), "utf8").split(/^## /m).slice(1);
  return sections.map((section) => {
    const [text, ...lines] = section.split("\n");
    const links = [...lines.join("\n").matchAll(/\[([^\]]+)\]\((\/[^)]+)\)/g)];
    return { text: text!, items: links.map(([, name, link]) => ({ text: name!, link: link!.replace(/\.md$/, "") })) };
  });
}

/** The entry points, each a page of the reference. */
const entries = Object.entries(ENTRIES).map(([name, file]) => ({
  text: name,
  link: `/api/${file.replace(/^src\/|\/index\.ts$|\.ts$/g, "")}/`,
}));

export default defineConfig({
  title: "coatcheck",
  description: "Hand in the heavy payload, carry the ticket.",
  srcDir: "content",
  outDir: "dist",
  cleanUrls: true,
  lastUpdated: false,
  // Browsers ask for an icon otherwise, which is not there.
  head: [["link", { rel: "icon", href: "data:," }]],
  // In text and tables of the book, <name> is a name, and {{ }} is text.
  markdown: { html: false },
  themeConfig: {
    // Readers look for guides first. The reference repeats their words, and so do the lists for contributors.
    search: {
      provider: "local",
      options: {
        miniSearch: {
          searchOptions: {
            boostDocument: (page: string) => {
              if (/^\/(?:changelog|behaviours|benchmarks|contributing|decisions|threats|testing)/.test(page))
                return 0.2;
              return page.startsWith("/api/") ? 0.4 : 1;
            },
          },
        },
      },
    },
    outline: [2, 3],
    nav: [
      { text: "Book", link: "/book" },
      { text: "API", link: "/api/" },
      { text: "Changelog", link: "/changelog" },
    ],
    sidebar: {
      "/api/": [{ text: "API", items: entries }],
      "/": chapters(),
    },
  },
});
