import type { CallOptions } from "../../store/store.js";
import { objectArgument } from "../object-argument.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { objectEntries, type ObjectEntry } from "../../inspector/object-entries.js";
import { referenceRows, type ReferenceRow } from "../reference-rows.js";
import type { RunVerb, VerbCall } from "../verb.js";

export const run: RunVerb = async (call) => {
  const argument = await objectArgument(call.args[0], call.terminal);
  if ("path" in argument) return inspectObject(argument.path, call);
  return inspectPayload(argument.payload, call);
};

async function inspectPayload(payload: unknown, { manager, output, signal }: VerbCall): Promise<ExitCode> {
  const { store } = await manager();
  let missing = 0;
  async function* rows(): AsyncGenerator<ReferenceRow> {
    for await (const row of referenceRows(payload, store, signal)) {
      if (row.isThere === false) missing++;
      yield row;
    }
  }
  await output.list({
    name: "references",
    rows: rows(),
    columns: [
      { title: "SIZE", width: 10, isNumber: true, text: ({ size }) => size },
      { title: "OFFSET", width: 10, isNumber: true, text: ({ offset }) => offset },
      { title: "TYPE", width: 18, text: ({ contentType }) => contentType?.replaceAll(/\s/g, "") },
      {
        title: "OBJECT",
        width: 8,
        text: ({ isThere }) => (isThere === undefined ? "-" : isThere ? "there" : "missing"),
      },
      { title: "PATH", width: 60, text: ({ path }) => path },
      { title: "AT", width: 0, text: ({ at }) => at },
    ],
    rest: () => ({ missing }),
  });
  return missing === 0 ? EXIT.fine : EXIT.problems;
}

async function inspectObject(path: string, { store, output, signal }: VerbCall): Promise<ExitCode> {
  const from = await store();
  const reader = {
    name: from.name,
    stat: from.stat.bind(from),
    readWhole: async (at: string, options: CallOptions) => (await from.read(at, options)).bytes(),
  };
  const { info, entries, note } = await objectEntries(path, reader, signal);
  if (output.form === "text") {
    const facts = Object.entries(info).map(([name, fact]) => `${name.padEnd(14)}${String(fact)}\n`);
    await output.write(facts.join(""));
    if (note !== undefined) await output.write(`${"note".padEnd(14)}${note}\n`);
  }
  await output.list<ObjectEntry>({
    name: "entries",
    rows: entries,
    columns: [
      { title: "OFFSET", width: 12, isNumber: true, text: ({ offset }) => offset },
      { title: "SIZE", width: 12, isNumber: true, text: ({ size }) => size },
      { title: "REFERENCES", width: 10, isNumber: true, text: ({ references }) => references.length },
      {
        title: "TYPE",
        width: 0,
        text: ({ contentType, schema }) => (schema === undefined ? contentType : `${contentType} ${schema}`),
      },
    ],
    json: (entry) => ({ ...entry, references: entry.references.length }),
    rest: () => ({ object: info, ...(note !== undefined && { note }) }),
  });
  return EXIT.fine;
}
