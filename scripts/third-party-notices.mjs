import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The licences of the packages whose modules are inside a bundle, which ask that their text comes along. */
export async function thirdPartyNotices(modules) {
  const folders = new Set([...modules].flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  const notices = await Promise.all([...folders].sort().map(notice));
  return `This package contains code of the following packages.\n\n${notices.join("\n")}`;
}

async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file, so it can't be bundled.`);
  return `${name} ${version} (${license})\n\n${await readFile(join(folder, file), "utf8")}`;
}
