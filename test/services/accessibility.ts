import { source } from "axe-core";
import type { Page } from "playwright-core";

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Asserts that axe finds nothing in a page, as it looks in the light and in the dark. @param where for messages */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(source);
    // By night only colours are others.
    const runOnly = colorScheme === "light" ? RULES : { type: "rule", values: ["color-contrast"] };
    const options = { runOnly, resultTypes: ["violations", "incomplete"] };
    const { violations, incomplete } = await page.evaluate<Record<"violations" | "incomplete", Finding[]>>(
      `axe.run(document, ${JSON.stringify(options)})`,
    );
    const found = [...violations, ...incomplete].flatMap(({ id, nodes }) =>
      nodes
        // Of text in a drawing axe can't tell the background. The tests of pictures look at its colours.
        .filter(({ html }) => id !== "color-contrast" || !html.startsWith("<text "))
        .map(({ html, failureSummary = "" }) => `${id}: ${html.slice(0, 200)} ${failureSummary.slice(0, 500)}`),
    );
    expect({ where, colorScheme, found }).toEqual({ where, colorScheme, found: [] });
  }
  await page.emulateMedia({ colorScheme: null });
}
