import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { inspector } from "../../src/inspector/inspector.js";
import { ROUTES } from "../../src/inspector/routes.js";
import { Serving } from "./serving.js";

const newManager = () => new StorageManager({ store: new MemoryStore() });
const ALL = [...ROUTES].map(([path, { method }]) => [method, path] as const);
/** The page as well, and what is answered beside the routes. */
const EVERYTHING = [
  ...ALL,
  ...["/", "/inspector.js", "/api/about", "/api/events", "/api/nothing"].map((path) => ["GET", path] as const),
  ...["POST", "DELETE"].map((method) => [method, "/api/session"] as const),
];

describe("an inspector", () => {
  it("is not answered by another name, whatever page has made it lead here", async () => {
    const serving = await Serving.entered(newManager());
    const { port } = serving;
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1",
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.:${port}`,
    ]) {
      for (const [method, path] of EVERYTHING) {
        const { status, json } = await serving.ask(path, { method, headers: { host } });
        expect([host, path, status, json.code]).toEqual([host, path, 403, "HOST_REFUSED"]);
      }
    }
    for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect((await serving.ask("/", { headers: { host } })).status).toBe(200);
    }
  });

  it.each(ALL.filter(([method]) => method === "POST"))("%s %s is for its own page alone", async (_, path) => {
    const serving = await Serving.entered(newManager(), { allowDelete: true });
    const { port } = serving;
    const strangers = [
      "",
      "null",
      "http://evil.example",
      `http://localhost:${port}`,
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port + 1}`,
    ];
    for (const origin of strangers) {
      const { status, json } = await serving.ask(path, { body: {}, headers: { origin } });
      expect([origin, status, json.code]).toEqual([origin, 403, "ORIGIN_REFUSED"]);
    }
  });

  it("does not even count for a page of another origin, which could not read it", async () => {
    const serving = await Serving.entered(newManager());
    for (const headers of [
      { origin: "http://evil.example" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      for (const [method, path] of EVERYTHING.filter(([, one]) => one.startsWith("/api/"))) {
        const { status, json } = await serving.ask(path, { method, headers });
        expect([method, path, status, json.code]).toEqual([method, path, 403, "ORIGIN_REFUSED"]);
      }
    }
    expect((await serving.ask("/api/scopes", { headers: { "sec-fetch-site": "same-origin" } })).status).toBe(200);
  });

  it.each([...ALL, ...["about", "events", "nothing"].map((name) => ["GET", `/api/${name}`] as const)])(
    "%s %s is for those who gave the token",
    async (method, path) => {
      const serving = await Serving.of(newManager(), { allowDelete: true });
      const body = method === "POST" ? {} : undefined;
      for (const cookie of ["", "a=b", `${(await serving.enter()).split("=")[0]!}=forged`]) {
        const { status, json } = await serving.ask(path, { body, headers: { cookie } });
        expect([status, json.code]).toEqual([401, "NO_SESSION"]);
      }
    },
  );

  it("takes its token, and no other", async () => {
    const serving = await Serving.of(newManager());
    for (const token of ["x", serving.token.slice(1), `${serving.token}x`, serving.token.toUpperCase()]) {
      const { status, headers, text } = await serving.ask("/api/session", { body: { token } });
      expect([status, headers["set-cookie"]]).toEqual([401, undefined]);
      expect(text).not.toContain(token);
    }
    for (const body of [{}, { token: 7 }, null, [], "{"]) {
      expect((await serving.ask("/api/session", { body })).status).toBe(400);
    }
    const { headers } = await serving.ask("/api/session", { body: { token: serving.token } });
    expect(headers["set-cookie"]![0]).toMatch(
      /^coatcheck-\w+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(headers["set-cookie"]![0]).not.toContain(serving.token);
  });

  it("has a session for each who enters, and ends one without the other, or all by age", async () => {
    const clock = new FakeClock();
    const serving = await Serving.of(newManager(), { clock });
    const [one, other] = [await serving.enter(), await serving.enter()];
    const statusOf = async (cookie: string) => (await serving.ask("/api/about", { headers: { cookie } })).status;
    expect([await statusOf(one), await statusOf(other)]).toEqual([200, 200]);
    const { headers } = await serving.ask("/api/session", {
      method: "DELETE",
      headers: { cookie: one, origin: serving.origin },
    });
    expect(headers["set-cookie"]![0]).toContain("Max-Age=0");
    expect([await statusOf(one), await statusOf(other)]).toEqual([401, 200]);
    await clock.advance(12 * 3_600_000);
    expect(await statusOf(other)).toBe(401);
  });

  it("does not take the session of another inspector of the machine", async () => {
    const [one, other] = [await Serving.entered(newManager()), await Serving.of(newManager())];
    expect((await other.ask("/api/about", { headers: { cookie: one.cookie } })).status).toBe(401);
    const both = `${one.cookie}; ${await other.enter()}`;
    expect((await other.ask("/api/about", { headers: { cookie: both } })).status).toBe(200);
  });

  it("answers nothing but what it has, by the method that it is for", async () => {
    const serving = await Serving.entered(newManager(), { allowDelete: true });
    for (const path of [
      "/../etc/passwd",
      "/%2e%2e/etc/passwd",
      "//evil.example/",
      "/inspector.js/x",
      "/api",
      "/api/",
      "/temporal/decode",
      "/favicon.ico",
      "*",
    ]) {
      expect([path, (await serving.ask(path)).status]).toEqual([path, 404]);
    }
    const known = [
      ...ALL,
      ["GET", "/"],
      ["GET", "/views.js"],
      ["GET", "/api/about"],
      ["GET", "/api/events"],
      ["POST", "/api/session"],
    ] as const;
    for (const [allowed, path] of known) {
      for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"].filter(
        (one) => one !== allowed && `${one} ${path}` !== "DELETE /api/session",
      )) {
        const headers = { origin: serving.origin };
        const { status, headers: answered } = await serving.ask(path, { method, headers });
        expect([method, path, status, answered.allow?.split(", ")[0]]).toEqual([method, path, 405, allowed]);
      }
    }
  });

  it("answers HEAD as it answers GET, without the body", async () => {
    const serving = await Serving.entered(newManager());
    for (const path of ["/", "/api/about", "/api/scopes", "/api/objects", "/api/object?path=none"]) {
      const [head, get] = [await serving.ask(path, { method: "HEAD" }), await serving.ask(path)];
      expect([path, head.status, head.text]).toEqual([path, get.status, ""]);
      expect(head.headers["content-type"]).toBe(get.headers["content-type"]);
    }
    serving.cookie = "";
    expect((await serving.ask("/api/about", { method: "HEAD" })).status).toBe(401);
  });

  it("says to browsers that its page may load and ask nothing of elsewhere", async () => {
    const serving = await Serving.entered(newManager());
    for (const path of ["/", "/inspector.js", "/views.js", "/inspector.css", "/api/about", "/nothing"]) {
      const { headers } = await serving.ask(path);
      expect(headers["content-security-policy"]).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
      });
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
    const { text } = await serving.ask("/");
    expect(text).not.toMatch(/<style|<script(?! type="module" src=")|\son\w+=|\sstyle=|https?:/);
    const scripts = (await serving.ask("/inspector.js")).text + (await serving.ask("/views.js")).text;
    expect(scripts).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?:\/\//,
    );
  });

  it("takes bodies of JSON, within their limit", async () => {
    const serving = await Serving.entered(newManager(), { maxBodyBytes: 100 });
    const ask = (body: string, headers = {}) => serving.ask("/api/plan", { body, headers });
    expect((await ask(JSON.stringify("x".repeat(98)))).status).toBe(200);
    expect((await ask(JSON.stringify("x".repeat(99)))).json.code).toBe("TOO_LARGE");
    expect((await ask(JSON.stringify("x".repeat(99)), { "transfer-encoding": "chunked" })).json.code).toBe("TOO_LARGE");
    expect((await ask('{"secret": ')).text).not.toContain("secret");
    expect((await ask("{}", { "content-type": "text/plain" })).status).toBe(415);
    expect((await serving.ask("/api/session", { body: { token: "x".repeat(5000) } })).status).toBe(413);
  });

  it.each([
    [{ token: "short" }, "token"],
    [{ hosts: [] }, "hosts"],
    [{ hosts: ["http://x"] }, "hosts"],
    [{ maxBytes: 0 }, "maxBytes"],
    [{ allowDelete: 1 }, "allowDelete"],
    [{ temporal: "yes" }, "temporal"],
    [{ port: 1 }, "port"],
  ])("refuses the options %j", (options, field) => {
    expect(() => inspector(newManager(), options as never)).toThrow(field);
  });

  it("is called by the names that it is given, and then only over TLS", async () => {
    const serving = await Serving.of(newManager(), { hosts: ["Payloads.example:8443"] });
    const headers = { host: "payloads.example:8443", origin: "https://payloads.example:8443" };
    const { status, headers: answered } = await serving.ask("/api/session", {
      body: { token: serving.token },
      headers,
    });
    expect([status, answered["set-cookie"]![0]!.endsWith("; Secure")]).toEqual([204, true]);
    const plain = { ...headers, origin: "http://payloads.example:8443" };
    expect((await serving.ask("/api/session", { body: { token: serving.token }, headers: plain })).status).toBe(403);
    expect((await serving.ask("/")).status).toBe(403);
  });
});
