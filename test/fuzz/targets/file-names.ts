import { pathProblem } from "../../../src/paths/path.js";
import {
  decodeName,
  encodeDirectory,
  encodePath,
  TEMPORARY_DIRECTORY,
} from "../../../src/store/drivers/file/path-encoding.js";
import { assert, assertEqual } from "../check.js";
import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

// What a file system takes for something else than a part of a name, or treats in a way of its own.
const UNSAFE = /[\0-\x1f/\\<>:"|?*]|[. ]$|^\.{0,2}$/;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:[. ]|$)/i;

/** The path that the names of a file stand for, as a listing reads them. */
function pathOf(names: readonly string[]): string {
  return names
    .map((name, index) => {
      const decoded = decodeName(name);
      assert(decoded !== undefined, "One of its names means nothing.");
      const isLast = index === names.length - 1;
      assert(isLast ? decoded.kind === "file" : decoded.kind !== "file", "One of its names is of another kind.");
      return decoded.text + (decoded.kind === "directory" ? "/" : "");
    })
    .join("");
}

/** An object path, and the names that FileStore gives its file. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: [
    "outputs/run/a.json",
    "a/b",
    "a.b/c.d",
    "CON/nul.txt/com1",
    ".nfs0001/lost+found",
    "a%file/b%dir/%more",
    "x. /y.",
    `${"é".repeat(300)}/${"%".repeat(200)}`,
    `${"A".repeat(235)}con`,
    "%tmp/a",
    "~1/PROGRA~1",
    "😀\u212a/\u0130",
  ],
  words: ["%file", "%dir", "%more", "%tmp", "conout$", "lost+found", "lpt\u00b9"],
  run(path) {
    for (const caseInsensitive of [false, true]) {
      const rules = { caseInsensitive };
      if (pathProblem(path) !== undefined) {
        decodeName(path); // which a foreign file may have
        continue;
      }
      const names = encodePath(path, rules);
      assertEqual(pathOf(names), path, "The path of its names");
      assert(names[0] !== TEMPORARY_DIRECTORY, "It lies among temporary files.");
      for (const name of names) {
        assert(Buffer.byteLength(name) <= 255, "A name is longer than file systems allow.");
        assert(!UNSAFE.test(name) && !DEVICE.test(name), "A name is unsafe.");
        assert(!caseInsensitive || /^[\x20-\x7e]*$/.test(name), "A name is not ASCII.");
        // Upper-case letters are there as digits after a percent sign only.
        assert(!caseInsensitive || !/[A-Z]/.test(name.replaceAll(/%[0-9A-F]{2}/g, "")), "A name depends on case.");
      }
      const directory = path.slice(0, path.lastIndexOf("/") + 1);
      const above = encodeDirectory(directory, rules);
      assertEqual(names.slice(0, above.length), above, "The names of its directory");
    }
  },
});
