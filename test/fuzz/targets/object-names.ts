import { pathProblem } from "../../../src/paths/path.js";
import { blobNameOf, blobPrefixOf, pathOfBlob } from "../../../src/store/drivers/azure/blob-name.js";
import { fromObjectName, nameProblem, toObjectName } from "../../../src/store/drivers/gcs/object-name.js";
import { assert, assertEqual } from "../check.js";
import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

/** An object path, and its names in services that do not take every path; also any name that a bucket may hold. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: [
    "outputs/a.json",
    "a./b.!c. /d.",
    ".well-known/acme-challenge/x",
    ".well-known/acme-challenge.\u{10ffff}\u{10ffff}/x",
    "\ud7a2\ud7a3/😀\u{10ffff}\uffff",
    "a.\ud7a3/\ud7a2\u4e00\u4e00",
    "x".repeat(1024),
  ],
  words: [".!", ".\ud7a3/", "\ud7a2\u4e00\u51ff", "\u{10ffff}", ".well-known/acme-challenge"],
  run(text) {
    // A listing meets names that others have given.
    const foreign = pathOfBlob(text);
    if (foreign !== undefined) assertEqual(blobNameOf(foreign), text, "The blob of the path of a blob");
    fromObjectName(text);
    if (pathProblem(text) !== undefined) return;

    const blob = blobNameOf(text);
    if (blob !== undefined) {
      assertEqual(pathOfBlob(blob), text, "The path of its blob");
      assert(!/\.(?:\/|$)/.test(blob), "Azure drops a dot of its name.");
      const directory = text.slice(0, text.lastIndexOf("/") + 1);
      assert(blob.startsWith(blobPrefixOf(directory)), "It is not listed below its directory.");
    }
    const object = toObjectName(text);
    assertEqual(fromObjectName(object), text, "The path of its object");
    assert(!object.startsWith(".well-known/acme-challenge/"), "Cloud Storage does not take its name.");
    nameProblem(object);
  },
});
