import type { DriverCall } from "../driver-store.js";
import type { RedisClient } from "./options.js";

/** The commands that the store uses. The types of ioredis lack `evalBuffer`. */
export interface RedisCommands {
  getBuffer(key: string): Promise<Buffer | null>;
  evalBuffer(script: string, keyCount: number, ...args: (string | Buffer)[]): Promise<unknown>;
}

/** Sends one command. */
export type Send<T> = (commands: RedisCommands) => Promise<T>;

/** Returns the commands of a client. Not its `callBuffer()`, which sends another command if auto-pipelining is on. */
export function commandsOf(client: RedisClient): RedisCommands {
  return client as RedisClient & RedisCommands;
}

/** A connection that sends commands to Redis. */
export interface RedisConnection {
  /**
   * Sends a command. Rejects with the error of the client or of this connection. Rejects with `ABORTED` as soon as
   * the call is aborted. After an error, Redis may or may not have run the command.
   */
  run<T>(send: Send<T>, call: DriverCall): Promise<T>;
  /** Closes the connection, if this object opened it. */
  close(): Promise<void>;
}
