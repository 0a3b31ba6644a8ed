// The names of an object path on disk. The mapping is reversible, and a pure function of the path, so it needs no
// index. docs/decisions/0004-file-store-layout.md gives the reasons for the layout.

/** How the file system below the root treats names. */
export interface NameRules {
  /**
   * Whether the file system ignores case or normalises Unicode, as APFS, NTFS, exFAT and SMB do. Then upper-case
   * letters and characters outside ASCII are percent-encoded, so that paths which differ only in them stay apart.
   */
  readonly caseInsensitive: boolean;
}

/** The kind of a name on disk: a file, a directory, or the beginning of a segment too long for one name. */
export type NameKind = "file" | "directory" | "partial";

// Percent-encoding can't produce a marker, since it always writes two hexadecimal digits after "%".
const MARKERS: Readonly<Record<NameKind, string>> = { file: "%file", directory: "%dir", partial: "%more" };

/**
 * The directory of temporary files, below the root. No path is encoded to this name: "%t" is neither a marker nor
 * hexadecimal.
 */
export const TEMPORARY_DIRECTORY = "%tmp";

/**
 * Encoded bytes after which a segment is cut. The cut is after the character that reaches this number.
 *
 * No name is longer than the 255 bytes that file systems allow. One character has at most 12 bytes. Two characters
 * may be encoded because of their position, with 2 more bytes each. A marker has 5 bytes.
 *
 * The cut depends only on the text before it. So all segments with the same beginning are in the same directory,
 * which keeps a listing in order.
 */
const CUT_BYTES = 236;

const UNSAFE = /[%<>:"|?*]/;
// "~" is unsafe, since NTFS may answer to PROGRA~1 for a longer name.
const UNSAFE_CASE_INSENSITIVE = /[%<>:"|?*~A-Z]|[^\x20-\x7e]/;

// Names that file systems treat in a special way:
// - Windows devices, with any extension
// - the names that NFS gives to removed files that are still open
// - the directory of fsck at the top of a volume
const RESERVED = /^(?:(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³]|conin\$|conout\$)(?:[ .]|$)|\.nfs|lost\+found$)/i;

/** Returns the names of the directories from the root to the file of `path`, and the name of that file. */
export function encodePath(path: string, rules: NameRules): string[] {
  const segments = path.split("/");
  return segments.flatMap((segment, index) =>
    encodeSegment(segment, index === segments.length - 1 ? "file" : "directory", rules),
  );
}

/** Returns the names of the nested directories for a path that ends in `/`, or is empty. */
export function encodeDirectory(path: string, rules: NameRules): string[] {
  return path
    .split("/")
    .slice(0, -1)
    .flatMap((segment) => encodeSegment(segment, "directory", rules));
}

/** Returns the names of one segment: one name for each part of it. */
export function encodeSegment(segment: string, kind: "file" | "directory", rules: NameRules): string[] {
  const names: string[] = [];
  let name = "";
  let bytes = 0;
  const characters = Array.from(segment);
  characters.forEach((character, index) => {
    const plain = isUnsafe(character, rules) ? percentEncode(character) : character;
    const reserved = name === "" && RESERVED.test(characters.slice(index).join(""));
    name += reserved ? percentEncode(character) : plain;
    // Without the encoding of a reserved name, which may depend on the text that follows. The cut must not depend on
    // that.
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
 * Decodes a name on disk. Returns `undefined` for a foreign name.
 *
 * An accepted name is ours only if {@link encodeSegment} makes the same name of the text. The caller must compare the
 * names of the whole segment.
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

/**
 * Tells whether a name needs no marker. Most files have an extension and most directories have none, so they keep
 * their own names on disk.
 */
function isUnmarked(name: string, kind: "file" | "directory"): boolean {
  return name.includes(".") ? kind === "file" : kind === "directory" && name !== "";
}

function isUnsafe(character: string, rules: NameRules): boolean {
  return (rules.caseInsensitive ? UNSAFE_CASE_INSENSITIVE : UNSAFE).test(character);
}

function percentEncode(character: string): string {
  return Buffer.from(character).toString("hex").toUpperCase().replace(/../g, "%$&");
}
