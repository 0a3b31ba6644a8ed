import { readPayload } from "../payload.js";
import type { RunVerb } from "../verb.js";

export const run: RunVerb = async ({ args: [source], terminal, output, manager, progress, signal, say }) => {
  const envelope = await readPayload(source, terminal);
  const value = await (
    await manager()
  ).hydrate(envelope, {
    signal,
    onProgress: ({ resolved, references, bytes }) => {
      progress.show(() => `${resolved} of ${references} references, ${bytes} bytes`);
    },
  });
  progress.end();
  if (value instanceof Uint8Array && output.form === "text") return output.write(value).then(() => undefined);
  let binaries = 0;
  const printed = JSON.stringify(value, (_, part: unknown) => {
    if (!(part instanceof Uint8Array)) return part;
    binaries++;
    return Buffer.from(part).toString("base64");
  });
  if (binaries > 0) say(`coatcheck: ${binaries} binary values are printed as base64`);
  if (output.form === "json")
    return output.write(`{"v":1,"binaries":${binaries},"value":${printed}}\n`).then(() => undefined);
  await output.write(`${printed}\n`);
};
