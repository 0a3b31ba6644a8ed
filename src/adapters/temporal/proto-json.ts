import type { Payload } from "@temporalio/common";
import { isPlainObject } from "../../json/is-object.js";
import { bufferOf, jsonIn } from "../messages/body-form.js";

/* Payloads in proto JSON, with bytes as base64 in both alphabets. https://protobuf.dev/programming-guides/json/ */

/** Parses the payloads in the body of a request. `undefined` if the body is not valid. */
export function payloadsIn(body: string): Payload[] | undefined {
  const value = jsonIn(body);
  const payloads = isPlainObject(value) ? (value["payloads"] ?? []) : undefined;
  return Array.isArray(payloads) && payloads.every(isPayload) ? payloads.map(payloadOf) : undefined;
}

/** Returns the body of a response. */
export function bodyOf(payloads: readonly Payload[]): string {
  return JSON.stringify({
    payloads: payloads.map(({ metadata, data, externalPayloads }) => ({
      metadata: mapped(metadata ?? {}, (bytes) => base64(bytes)),
      ...(data && { data: base64(data) }),
      ...(externalPayloads?.length && { externalPayloads }),
    })),
  });
}

interface JsonPayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly externalPayloads?: Payload["externalPayloads"];
}

function isPayload(value: unknown): value is JsonPayload {
  if (!isPlainObject(value)) return false;
  const { metadata = {}, data = "" } = value;
  return (
    typeof data === "string" &&
    isPlainObject(metadata) &&
    Object.values(metadata).every((one) => typeof one === "string")
  );
}

function payloadOf({ metadata = {}, data, externalPayloads }: JsonPayload): Payload {
  return {
    metadata: mapped(metadata, (text) => Buffer.from(text, "base64")),
    ...(data !== undefined && { data: Buffer.from(data, "base64") }),
    ...(externalPayloads !== undefined && { externalPayloads }),
  };
}

function mapped<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function base64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("base64");
}
