import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import { resolve } from "node:path";
import { usageFailure } from "../failure.js";
import type { RunVerb, VerbCall } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

type Flags = FlagsOf<"serve">;

const PORT = 7788;
const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

export const run: RunVerb = async (call) => {
  const { output, signal } = call;
  const flags = call.options as Flags;
  const { host = "127.0.0.1", name = host, allowDelete = false } = flags;
  const isNear = LOOPBACK.includes(host);
  const tls = await certificateOf(flags, call);
  if (!isNear && tls === undefined) {
    throw usageFailure(`${host} is reached from other machines: say --tls-cert and --tls-key, or leave --host out.`);
  }
  const [{ inspector }, manager] = await Promise.all([import("../../inspector/inspector.js"), call.manager()]);
  await call.store();
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  await listening(server, flags.port ?? PORT, host, signal);
  try {
    const { port } = server.address() as { port: number };
    const authority = `${name.includes(":") ? `[${name}]` : name}:${port}`;
    // Browsers omit the default port.
    const names = port === 443 && tls !== undefined ? [authority, authority.slice(0, -":443".length)] : [authority];
    const look = inspector(manager, {
      allowDelete,
      ...((!isNear || flags.name !== undefined) && { hosts: names }),
      ...(flags.temporal !== undefined && { temporal: temporalOf(flags.temporal) }),
    });
    server.on("request", look);
    const url = `${tls === undefined ? "http" : "https"}://${authority}/#${look.token}`;
    await output.document({ url, allowDelete }, () => url);
    if (output.form === "text") call.say("Whoever has this address may look. Ctrl-C ends it.");
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return undefined;
};

/** Parses the origins of Temporal's pages, separated by commas. */
function temporalOf(flag: string | true): { origins: string[] } {
  return { origins: flag === true ? [] : flag.split(",").map((origin) => origin.trim()) };
}

async function certificateOf(
  { tlsCert, tlsKey }: Flags,
  { terminal }: VerbCall,
): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw usageFailure("Give both of --tls-cert and --tls-key.");
  const read = (file: string, flag: string): Promise<Buffer> =>
    readFile(resolve(terminal.cwd, file)).catch((error: unknown) => {
      const { code = "unknown" } = error as NodeJS.ErrnoException;
      throw usageFailure(`The file ${file} of ${flag} can't be read: ${code}.`);
    });
  // Reads one file after the other. If both are missing, the error names the first.
  return { cert: await read(tlsCert, "--tls-cert"), key: await read(tlsKey, "--tls-key") };
}

async function listening(server: Server, port: number, host: string, signal: AbortSignal): Promise<void> {
  if (port > 65_535) throw usageFailure("--port is at most 65535.");
  server.listen(port, host);
  await once(server, "listening", { signal }).catch((error: unknown) => {
    server.close();
    if (signal.aborted) throw error;
    throw usageFailure(
      `The inspector can't listen at ${host}:${port}: ${(error as NodeJS.ErrnoException).code ?? "it is refused"}. See --port and --host.`,
    );
  });
}
