import { createHash } from "node:crypto";
import examples from "@octokit/webhooks-examples";

/** Deliveries of GitHub, and texts of other sizes: from 10 B to 5 MB. */
export const deliveries: unknown[] = (examples as unknown as { examples: unknown[] }[]).flatMap(
  ({ examples: all }) => all,
);

export const text = (size: number, label: string): string => label.padEnd(size, `${label} `);

/** What a payload is, in few bytes. */
export const digestOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

export const sizeOf = (value: unknown): number => (value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value)));
