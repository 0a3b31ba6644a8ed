import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VERBS } from "../../src/command/verbs.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import { PlayedPage } from "./played-page.js";
import { newDirectory } from "./run-command.js";

const directory = newDirectory();
const path = (name: string) => join(directory.path, name);

function newPage(): PlayedPage {
  return new PlayedPage({
    directory: directory.path,
    urlOf: (name) => `file://${path(name)}`,
    env: { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: path("payloads") },
  });
}

it("docs/command.md: each command does what is written below it", async () => {
  const page = newPage();
  await page.beginCommands();
  expect(await page.play("docs/command.md")).toBeUndefined();
});

it("docs/command.md has each verb", () => {
  const page = readFileSync("docs/command.md", "utf8");
  const absent = VERBS.map(({ name }) => name).filter(
    (name) => !new RegExp(`coatcheck .*${name}|\`${name}`).test(page),
  );
  expect(absent).toEqual([]);
});

it("docs/incidents.md: each incident is shown and mended", async () => {
  const page = newPage();
  await page.beginIncidents((damaged) => new FileStore({ root: path("payloads") }).write(damaged, "damaged"));
  expect(await page.play("docs/incidents.md")).toBeUndefined();
});
