import type { DriverCall } from "../driver-store.js";
import type { RedisClient } from "./options.js";

/** The commands that the store uses. The types of ioredis leave the second one out. */
export interface RedisCommands {
  getBuffer(key: string): Promise<Buffer | null>;
  evalBuffer(script: string, keyCount: number, ...args: (string | Buffer)[]): Promise<unknown>;
}

/** Sends one command. */
export type Send<T> = (commands: RedisCommands) => Promise<T>;

/** The commands of a client. Not its `callBuffer()`, which sends another command when it pipelines by itself. */
export function commandsOf(client: RedisClient): RedisCommands {
  return client as RedisClient & RedisCommands;
}

/** Where commands go. */
export interface RedisConnection {
  /**
   * Sends a command. Rejects with what the client or this connection failed with, with `ABORTED` as soon as the call is
   * aborted. What then becomes of the command is not known.
   */
  run<T>(send: Send<T>, call: DriverCall): Promise<T>;
  /** Closes what this connection opened itself. */
  close(): Promise<void>;
}
