/** The place of a value in a payload, from the root. */
export type PayloadPath = (string | number)[];

/** Formats a path as people write it: `$.items[3]["a.b"]`. It is for messages, and holds keys but never values. */
export function formatPayloadPath(path: PayloadPath): string {
  let text = "$";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += /^[A-Za-z_$][\w$]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
  }
  return text.length <= 512 ? text : `${text.slice(0, 250)}...${text.slice(-250)}`;
}
