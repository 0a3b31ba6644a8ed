import type { IncomingMessage } from "node:http";
import { arrivalOf } from "../../src/inspector/gate.js";

function requestOf(host: string, socket: object): IncomingMessage {
  return { headers: { host }, rawHeaders: ["Host", host], socket } as unknown as IncomingMessage;
}

const HOSTS = ["payloads.example"];

it.each([
  [
    "from this machine",
    "127.0.0.1:80",
    { remoteAddress: "127.0.0.1", localPort: 80 },
    undefined,
    "http://127.0.0.1:80",
  ],
  [
    "from this machine, at the usual port",
    "localhost",
    { remoteAddress: "::1", localPort: 80 },
    undefined,
    "http://localhost",
  ],
  [
    "by TLS",
    "localhost:1",
    { remoteAddress: "::ffff:127.0.0.1", localPort: 1, encrypted: true },
    undefined,
    "https://localhost:1",
  ],
  [
    "from a proxy on this machine",
    "payloads.example",
    { remoteAddress: "127.0.0.1", localPort: 1 },
    HOSTS,
    "https://payloads.example",
  ],
  [
    "from elsewhere by TLS",
    "payloads.example",
    { remoteAddress: "10.0.0.1", encrypted: true },
    HOSTS,
    "https://payloads.example",
  ],
  ["by a socket of the file system, named", "payloads.example", {}, HOSTS, "https://payloads.example"],
])("lets in what comes %s", (_, host, socket, hosts, origin) => {
  expect(arrivalOf(requestOf(host, socket), hosts).origin).toBe(origin);
});

it.each([
  ["from elsewhere, whatever it calls it", "127.0.0.1:1", { remoteAddress: "10.0.0.1", localPort: 1 }, undefined],
  [
    "from elsewhere by TLS, where no name was given",
    "127.0.0.1:1",
    { remoteAddress: "10.0.0.1", localPort: 1, encrypted: true },
    undefined,
  ],
  ["from elsewhere without TLS", "payloads.example", { remoteAddress: "10.0.0.1", localPort: 1 }, HOSTS],
  ["by a loopback name, where another was given", "127.0.0.1:1", { remoteAddress: "127.0.0.1", localPort: 1 }, HOSTS],
  ["without a name", "", { remoteAddress: "127.0.0.1", localPort: 1 }, undefined],
])("refuses what comes %s", (_, host, socket, hosts) => {
  expect(() => arrivalOf(requestOf(host, socket), hosts)).toThrow(/inspector/);
});

it("refuses two names", () => {
  const request = requestOf("localhost:1", { remoteAddress: "127.0.0.1", localPort: 1 });
  request.rawHeaders.push("host", "evil.example");
  expect(() => arrivalOf(request, undefined)).toThrow(/name/);
});
