// The names that an object path has on disk. The mapping is a pure function of the path, so it needs no index, and
// reversible. docs/decisions/0004-file-store-layout.md tells why it is as it is.

/** How the file system below the root treats names. */
export interface NameRules {
  /**
   * The file system ignores case or normalises Unicode (APFS, NTFS, exFAT, SMB): upper-case letters and all that is
   * not ASCII are then percent-encoded, so that paths which differ only in them stay apart.
   */
  readonly caseInsensitive: boolean;
}

/** What a name on disk stands for: a file, a directory, or the beginning of a segment too long for one name. */
export type NameKind = "file" | "directory" | "partial";

// A marker can't be the work of percent-encoding: after "%" that always writes two hexadecimal digits.
const MARKERS: Readonly<Record<NameKind, string>> = { file: "%file", directory: "%dir", partial: "%more" };

/** The directory of temporary files, below the root. No path is encoded to it: "%t" is neither a marker nor hexadecimal. */
export const TEMPORARY_DIRECTORY = "%tmp";

/**
 * A segment is cut after the character with which it reaches this many encoded bytes. One character has 12 at most, two
 * may be encoded for where they are (2 more bytes each), and a marker has 5: no name is over the 255 bytes that file
 * systems allow. The cut depends only on what is before it: all segments with that beginning are in the same directory,
 * which keeps a listing in order.
 */
const CUT_BYTES = 236;

const UNSAFE = /[%<>:"|?*]/;
// "~": NTFS may answer to PROGRA~1 for a longer name.
const UNSAFE_CASE_INSENSITIVE = /[%<>:"|?*~A-Z]|[^\x20-\x7e]/;

// Names that mean something else than a file of that name: Windows devices (with any extension), what NFS makes of
// an open file that was removed, and the directory of fsck at the top of a volume.
const RESERVED = /^(?:(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³]|conin\$|conout\$)(?:[ .]|$)|\.nfs|lost\+found$)/i;

/** The names of the directories from the root to the file of `path`, and of that file. */
export function encodePath(path: string, rules: NameRules): string[] {
  const segments = path.split("/");
  return segments.flatMap((segment, index) =>
    encodeSegment(segment, index === segments.length - 1 ? "file" : "directory", rules),
  );
}

/** The names of the nested directories for a path that ends in `/`, or is empty. */
export function encodeDirectory(path: string, rules: NameRules): string[] {
  return path
    .split("/")
    .slice(0, -1)
    .flatMap((segment) => encodeSegment(segment, "directory", rules));
}

/** The names of one segment: one, or one for each part that it is cut into. */
export function encodeSegment(segment: string, kind: "file" | "directory", rules: NameRules): string[] {
  const names: string[] = [];
  let name = "";
  let bytes = 0;
  const characters = Array.from(segment);
  characters.forEach((character, index) => {
    const plain = isUnsafe(character, rules) ? percentEncode(character) : character;
    const reserved = name === "" && RESERVED.test(characters.slice(index).join(""));
    name += reserved ? percentEncode(character) : plain;
    // Not of what was added: that may depend on what follows, and the cut must not.
    bytes += Buffer.byteLength(plain);
    if (bytes >= CUT_BYTES) {
      names.push(name + MARKERS.partial);
      name = "";
      bytes = 0;
    }
  });
  name = name.replace(/[. ]$/, percentEncode); // Windows drops a dot or a space at the end of a name
  names.push(isUnmarked(name, kind) ? name : name + MARKERS[kind]);
  return names;
}

/**
 * What a name on disk stands for, or `undefined` for a foreign one. Of names that it accepts, only those that
 * {@link encodeSegment} makes of the text are really ours: whoever asks must compare, with the whole segment.
 */
export function decodeName(name: string): { kind: NameKind; text: string } | undefined {
  const kind = kindOf(name);
  const encoded = name.endsWith(MARKERS[kind]) ? name.slice(0, -MARKERS[kind].length) : name;
  try {
    return { kind, text: decodeURIComponent(encoded) };
  } catch {
    return undefined;
  }
}

function kindOf(name: string): NameKind {
  if (name.endsWith(MARKERS.partial)) return "partial";
  if (name.endsWith(MARKERS.file)) return "file";
  if (name.endsWith(MARKERS.directory)) return "directory";
  return name.includes(".") ? "file" : "directory";
}

/** Most files have an extension and most directories have none: those are on disk under their own names. */
function isUnmarked(name: string, kind: "file" | "directory"): boolean {
  return name.includes(".") ? kind === "file" : kind === "directory" && name !== "";
}

function isUnsafe(character: string, rules: NameRules): boolean {
  return (rules.caseInsensitive ? UNSAFE_CASE_INSENSITIVE : UNSAFE).test(character);
}

function percentEncode(character: string): string {
  return Buffer.from(character).toString("hex").toUpperCase().replace(/../g, "%$&");
}
