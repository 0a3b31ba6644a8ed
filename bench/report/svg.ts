import type { Machine } from "./results.js";

/** A picture that is legible on light and dark pages. @param parts elements */
export function svg(
  label: string,
  { width, height }: { width: number; height: number },
  parts: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(label)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; }
.head { font-size: 16px; font-weight: 600; }
.quiet { fill: #57606a; }
.grid { stroke: #d0d7de; }
.one { stroke: #57606a; }
.ours { fill: #1a7f37; }
.other { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.quiet { fill: #9198a1; }
.grid { stroke: #3d444d; }
.one { stroke: #9198a1; }
.ours { fill: #3fb950; }
.other { fill: #656c76; }
}
</style>
${parts.join("\n")}
</svg>
`;
}

/** What was measured on, in a few words. */
export function machineText({ node, cpu, cores }: Machine): string {
  return `Node ${node}, ${cpu}, ${cores} cores`;
}

export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
