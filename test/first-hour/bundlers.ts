// A program in one file, by two bundlers, as a module and as CommonJS. It runs where no package is installed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { rolldown } from "rolldown";

const entry = join(process.cwd(), "bundled-app.mjs");
await writeFile(
  entry,
  `import { MemoryStore, StorageManager } from "coatcheck";
   const manager = new StorageManager({ store: new MemoryStore() });
   const payload = { text: "a long line\\n".repeat(10_000), bytes: new Uint8Array(5000) };
   manager.dehydrate(payload).then(async (message) => {
     const { text, bytes } = await manager.hydrate(message);
     console.log(JSON.stringify(message).length < 1000, text === payload.text, bytes.byteLength);
   });`,
);

const folder = await mkdtemp(join(tmpdir(), "bundlers-"));
for (const [format, ending] of [
  ["esm", "mjs"],
  ["cjs", "cjs"],
] as const) {
  const [one, other] = [join(folder, `esbuild.${ending}`), join(folder, `rolldown.${ending}`)];
  await build({ entryPoints: [entry], bundle: true, minify: true, platform: "node", format, outfile: one });
  const input = await rolldown({ input: entry, platform: "node" });
  await input.write({ file: other, format, minify: true, codeSplitting: false });
  for (const file of [one, other]) {
    assert.equal(execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" }), "true true 5000\n");
    assert.doesNotMatch(await readFile(file, "utf8"), /@aws-sdk/); // what is not imported is not inside
  }
}
