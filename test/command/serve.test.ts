import { execFileSync } from "node:child_process";
import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { get } from "node:https";
import { join } from "node:path";
import { Ajv } from "ajv";
import { readFileSync } from "node:fs";
import { beginCommand, newDirectory, runCommand, type Running } from "./run-command.js";

const directory = newDirectory();
const schema = JSON.parse(readFileSync("docs/command.schema.json", "utf8")) as { definitions: object };
const validate = new Ajv().addSchema(schema, "command").getSchema("command#/definitions/serve")!;

function begin(...args: string[]): Promise<Running> {
  const store = ["--store", `file://${join(directory.path, "store")}`];
  return beginCommand([...store, "serve", "--port", "0", ...args], { cwd: directory.path });
}

describe("coatcheck serve", () => {
  it("says where it is, lets in whoever has the address, and ends when it is told to", async () => {
    const { said, end, stderr } = await begin();
    const { origin, hash } = new URL(said.trim());
    expect(said).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}\n$/);
    const headers = { origin, "content-type": "application/json" };
    const entered = await fetch(`${origin}/api/session`, {
      method: "POST",
      headers,
      body: JSON.stringify({ token: hash.slice(1) }),
    });
    const cookie = entered.headers.get("set-cookie")!.split(";")[0]!;
    const about = await fetch(`${origin}/api/about`, { headers: { cookie } });
    expect(await about.json()).toEqual({ v: 1, store: "file", allowDelete: false });
    expect(await end()).toBe(0);
    expect(stderr()).not.toContain(hash.slice(1));
    await expect(fetch(origin)).rejects.toThrow();
  });

  it("has a document that is as its schema says", async () => {
    const { said, end } = await begin("--json", "--allow-delete");
    const document = JSON.parse(said) as object;
    expect([validate(document), document]).toEqual([true, expect.objectContaining({ allowDelete: true })]);
    expect(await end()).toBe(0);
  });

  it("is reached from other machines with TLS alone, by the name that it was given", async () => {
    const [cert, key] = [join(directory.path, "cert.pem"), join(directory.path, "key.pem")];
    const subject = [
      "-subj",
      "/CN=payloads.example",
      "-days",
      "1",
      "-nodes",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
    ];
    execFileSync("openssl", ["req", "-x509", ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const { said, end } = await begin(
      "--host",
      "0.0.0.0",
      "--name",
      "payloads.example",
      "--tls-cert",
      cert,
      "--tls-key",
      key,
    );
    const { port } = new URL(said.trim());
    expect(said).toMatch(/^https:\/\/payloads\.example:\d+\/#/);
    const statusOf = async (host: string): Promise<number> => {
      const request = get({ host: "127.0.0.1", port, headers: { host }, rejectUnauthorized: false, agent: false });
      const [response] = (await once(request, "response")) as [IncomingMessage];
      response.resume();
      return response.statusCode!;
    };
    expect(await statusOf(`payloads.example:${port}`)).toBe(200);
    expect(await statusOf(`127.0.0.1:${port}`)).toBe(403);
    expect(await end()).toBe(0);
  });

  it.each([
    ["--host 0.0.0.0", "--tls-cert"],
    ["--host payloads.example", "--tls-cert"],
    ["--tls-cert x", "--tls-key"],
    ["--tls-cert x --tls-key y", "The file x of --tls-cert can't be read: ENOENT."],
    ["--port 70000", "65535"],
    ["--port x", "whole number"],
    ["--port 0 --temporal nothing", "origins"],
  ])("%s is wrong usage, and nothing listens", async (args, said) => {
    const run = await runCommand(["--store", `file://${directory.path}/store`, "serve", ...args.split(" ")], {
      cwd: directory.path,
    });
    expect([run.exitCode, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toContain(said);
  });

  it("says that its port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await runCommand([
      "--store",
      `file://${directory.path}/store`,
      "serve",
      "--port",
      String(port),
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("EADDRINUSE")]);
    other.close();
  });

  it("needs a store", async () => {
    expect((await runCommand(["serve"], { cwd: directory.path })).exitCode).toBe(2);
  });
});
