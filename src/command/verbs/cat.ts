import type { ReadResult } from "../../store/store.js";
import { isReference } from "../../reference/references-in.js";
import { usageFailure } from "../failure.js";
import { objectArgument } from "../object-argument.js";
import type { RunVerb, VerbCall } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

export const run: RunVerb = async (call) => {
  const { output, progress } = call;
  const result = await open(call);
  const { size, contentType } = result.info;
  try {
    if (output.form === "json") {
      const base64 = Buffer.from(await result.bytes()).toString("base64");
      return await output.document({ size, contentType, base64 }, () => []).then(() => undefined);
    }
    let written = 0;
    for await (const chunk of result) {
      await output.write(chunk);
      written += chunk.byteLength;
      progress.show(() => `${written} of ${size} bytes`);
    }
  } finally {
    await result.cancel();
  }
};

async function open({ args: [argument], options, terminal, signal, ...call }: VerbCall): Promise<ReadResult> {
  const { offset, length } = options as FlagsOf<"cat">;
  const range = { offset, length, signal };
  const object = await objectArgument(argument, terminal);
  if ("path" in object) return (await call.store()).read(object.path, range);
  if (!isReference(object.payload)) {
    throw usageFailure("cat takes one reference; for a payload with references in it there are inspect and hydrate.");
  }
  return (await call.manager()).open(object.payload, range);
}
