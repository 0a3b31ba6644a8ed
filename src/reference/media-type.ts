import { extendedValue, isFilename, isPrintableAscii, quoted } from "../paths/filename.js";
import { isMediaType } from "./fields.js";

// The name of a file travels as the parameter `name` of a media type: a quoted string (RFC 2045, section 5.1). Where
// the name is not ASCII, it travels as percent-encoded UTF-8 in `name*` (RFC 2231, section 4).

// A token of RFC 2045, and its value: a quoted string, or a token.
const PARAMETER = /; *(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+)) *)?/y;

interface Parameter {
  readonly key: string;
  readonly value: string;
  readonly text: string;
}

/**
 * Adds the name of a file to a media type, in place of an earlier name. `undefined` when no reference can carry the
 * result.
 */
export function withFilename(mediaType: string, filename: string): string | undefined {
  const parameters = parametersOf(mediaType);
  if (parameters === undefined) return undefined;
  const kept = parameters.filter(({ key }) => key !== "name" && key !== "name*").map(({ text }) => `; ${text}`);
  const named = `${essenceOf(mediaType)}${kept.join("")}; ${nameParameter(filename)}`;
  return isMediaType(named) ? named : undefined;
}

/** Returns the name of a file that a media type carries. */
export function filenameOf(mediaType: string): string | undefined {
  const parameters = parametersOf(mediaType) ?? [];
  const valueOf = (name: string): string | undefined => parameters.find(({ key }) => key === name)?.value;
  const name = decoded(valueOf("name*")) ?? valueOf("name");
  return name !== undefined && isFilename(name) ? name : undefined;
}

function nameParameter(filename: string): string {
  return isPrintableAscii(filename) ? `name=${quoted(filename)}` : `name*=${extendedValue(filename)}`;
}

function essenceOf(mediaType: string): string {
  const end = mediaType.indexOf(";");
  return (end === -1 ? mediaType : mediaType.slice(0, end)).trim();
}

/** Returns `undefined` for text that is not written as parameters are. */
function parametersOf(mediaType: string): Parameter[] | undefined {
  const found: Parameter[] = [];
  const begin = mediaType.indexOf(";");
  let at = begin === -1 ? mediaType.length : begin;
  while (at < mediaType.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(mediaType);
    if (match === null) return undefined;
    const [all, key, inQuotes, token] = match;
    at += all.length;
    if (key === undefined) continue; // an empty parameter, as behind the last one
    const value = inQuotes?.replace(/\\(.)/g, "$1") ?? token!;
    found.push({ key: key.toLowerCase(), value, text: all.slice(1).trim() });
  }
  return found;
}

function decoded(extended: string | undefined): string | undefined {
  const match = extended === undefined ? null : /^utf-8'[^']*'(.*)$/i.exec(extended);
  if (match === null) return undefined;
  try {
    return decodeURIComponent(match[1]!);
  } catch {
    return undefined;
  }
}
