import { existsSync, readFileSync } from "node:fs";

const text = readFileSync("CONTRIBUTING.md", "utf8");
const recipes = text.slice(text.indexOf("## Recipes")).split("\n### ").slice(1);

describe("the recipes of CONTRIBUTING.md", () => {
  it("are those of a driver, a layer, a codec, a field, a method, a verb, an adapter", () => {
    expect(recipes.map((recipe) => recipe.split("\n", 1)[0])).toEqual([
      "A driver",
      "A layer",
      "A codec",
      "A field of a reference",
      "A method of the manager",
      "A verb of the command",
      "An adapter",
    ]);
  });

  it.each(recipes)("name files and folders that are there: %#", (recipe) => {
    // What stands for a name of one's own is made by the recipe.
    const named = [...recipe.matchAll(/`((?:src|test|scripts|docs)\/[^`]*)`/g)].map(([, path]) => path!);
    const missing = named.filter((path) => !path.includes("<") && !existsSync(path));
    expect(named).not.toEqual([]);
    expect(missing).toEqual([]);
  });
});
