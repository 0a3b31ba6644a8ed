import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import ts from "typescript";

interface Manifest {
  bin: Record<string, string>;
  main: string;
  types: string;
  sideEffects: string[];
  exports: Record<string, unknown>;
  typesVersions: { "*": Record<string, string[]> };
}

// Read by node: jest can't load an ECMAScript module.
const program =
  "import { ENTRIES, PROGRAMS } from './scripts/entries.mjs'; console.log(JSON.stringify({ ENTRIES, PROGRAMS }));";
const { ENTRIES, PROGRAMS } = JSON.parse(
  execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }),
) as { ENTRIES: Record<string, string>; PROGRAMS: Record<string, string> };
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const names = Object.keys(ENTRIES);
const fileOf = (name: string) => name.slice("coatcheck/".length) || "index";
const built = (name: string) => ({
  import: { types: `./dist/esm/${fileOf(name)}.d.ts`, default: `./dist/esm/${fileOf(name)}.js` },
  require: { types: `./dist/cjs/${fileOf(name)}.d.cts`, default: `./dist/cjs/${fileOf(name)}.cjs` },
});

describe("the entry points of scripts/entries.mjs", () => {
  it("are files", () => {
    expect(names.filter((name) => !existsSync(ENTRIES[name]!))).toEqual([]);
    expect(names).toContain("coatcheck/s3");
  });

  it("are the exports of the package, as ESM and as CommonJS, each with its types", () => {
    const exported = names.map((name) => [name.replace("coatcheck", "."), built(name)]);
    expect(manifest.exports).toEqual({ ...Object.fromEntries(exported), "./package.json": "./package.json" });
    expect([manifest.types, manifest.main]).toEqual(Object.values(built("coatcheck").require));
  });

  it("are found by compilers that do not read exports", () => {
    const others = names.filter((name) => name !== "coatcheck");
    const versions = others.map((name) => [fileOf(name), [built(name).require.types]]);
    expect(manifest.typesVersions).toEqual({ "*": Object.fromEntries(versions) });
  });

  it("are joined by the programs that the package installs", () => {
    const built = Object.entries(PROGRAMS).map(([name, file]) => [
      name,
      file.replace(/^src\/(.*)\.ts$/, "dist/esm/$1.js"),
    ]);
    expect(manifest.bin).toEqual(Object.fromEntries(built));
    for (const file of Object.values(PROGRAMS)) expect(readFileSync(file, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it("are the paths of tsconfig.json", () => {
    const { config } = ts.readConfigFile("tsconfig.json", (path) => ts.sys.readFile(path)) as {
      config: { compilerOptions: { paths: Record<string, string[]> } };
    };
    const paths = Object.entries(ENTRIES).map(([name, file]) => [name, [`./${file}`]]);
    expect(config.compilerOptions.paths).toEqual(Object.fromEntries(paths));
  });

  it("have the side effect of providing a driver where they call provide", () => {
    const providers = names.filter((name) => /\.provide\(/.test(readFileSync(ENTRIES[name]!, "utf8")));
    expect(providers).not.toEqual([]);
    const files = providers.flatMap((name) => [built(name).import.default, built(name).require.default]);
    expect(manifest.sideEffects).toEqual(files);
  });
});
