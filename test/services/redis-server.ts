import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/**
 * A Redis of one test, which may kill, stop and fill it. It keeps its port, and with `appendonly` its data, over restarts.
 *
 * @example
 * const server = await RedisServer.start("--requirepass", "secret");
 */
export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, directory: string, args: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#args = args;
  }

  /** @param args what follows `redis-server` beside address, port and directory */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), "coatcheck-redis-")), args);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again after {@link kill}. Resolves when it takes connections. */
  async restart(): Promise<void> {
    const address = ["--bind", "127.0.0.1", "--port", `${this.port}`, "--dir", this.#directory, "--save", ""];
    this.#process = spawn("redis-server", [...address, ...this.#args], { stdio: "ignore" });
    for (let tries = 0; !(await accepts(this.port)); tries++) {
      if (tries === 400 || this.#process.exitCode !== null) throw new Error("redis-server did not come up");
      await delay(25);
    }
  }

  /** As the machine would: it says no goodbye. */
  async kill(): Promise<void> {
    const ended = once(this.#process!, "exit");
    this.#process!.kill("SIGKILL");
    await ended;
  }

  /** It keeps its connections, and answers nothing until {@link resume}. */
  freeze(): void {
    this.#process!.kill("SIGSTOP");
  }

  resume(): void {
    this.#process!.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    if (this.#process!.exitCode === null && this.#process!.signalCode === null) await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
