import type { Payload } from "@temporalio/common";
import type { HydrateOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { isPlainObject } from "../../json/is-object.js";
import { isText } from "../../json/scalars.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { temporalClaim } from "../foreign/temporal-claim.js";
import { jsonIn, textOf as utf8Of } from "../messages/body-form.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { Wire } from "../messages/wire.js";
import type { PayloadProtos } from "./protos.js";
import { readPayloads } from "./stored-payloads.js";

/** Data of a claim, which a driver returns for the history. */
export type ClaimData = Readonly<Record<string, string>>;

const ENCODING = "json/protobuf";
const MESSAGE_TYPE = "temporal.api.sdk.v1.ExternalStorageReference";
const METADATA: Wire["attributes"] = new Map([
  ["encoding", ENCODING],
  ["messageType", MESSAGE_TYPE],
]);

/** Reads claims: those of this library, and those that Temporal's own drivers wrote. */
export class ClaimReader {
  readonly #manager: StorageManager;
  readonly #protos: PayloadProtos;
  readonly #formats: readonly MessageFormat[];

  /** @param formats default: claims into S3 and Google Cloud Storage, wherever the manager may read */
  constructor(manager: StorageManager, protos: PayloadProtos, formats: readonly MessageFormat[] = [temporalClaim()]) {
    this.#manager = manager;
    this.#protos = protos;
    this.#formats = formats;
  }

  /**
   * Reads the payloads of claims.
   *
   * @throws {StorageError} `INVALID_REFERENCE` for data that is not a claim, before anything is read; as `hydrate`
   *   does
   */
  async read(driverName: string, claims: readonly ClaimData[], options: HydrateOptions): Promise<Payload[]> {
    const texts = claims.map(({ reference }) => reference).filter((text) => text !== undefined);
    const own = (await readPayloads(this.#manager, this.#protos, texts, options)).values();
    const payloads: Payload[] = [];
    for (const claimData of claims) {
      const payload =
        claimData["reference"] === undefined ? this.#foreign({ driverName, claimData }, options) : own.next().value;
      payloads.push((await payload)!);
    }
    return payloads;
  }

  async #foreign(claim: { driverName: string; claimData: ClaimData }, options: HydrateOptions): Promise<Payload> {
    const message: Wire = { body: JSON.stringify(claim), attributes: METADATA };
    const format = this.#formats.find((one) => one.detect(message));
    const opened = await format?.open?.(message, this.#manager, options);
    if (opened === undefined || typeof opened === "string" || opened instanceof Uint8Array) {
      throw new StorageError("UNSUPPORTED", "The claim of a payload is of a kind that is not in reads.");
    }
    return { metadata: Object.fromEntries(opened.attributes), data: opened.body } as Payload;
  }
}

/** Returns the claim in a payload that stands for a stored payload. `undefined` for any other payload. */
export function claimIn({ metadata, data }: Payload): { driverName: string; claimData: ClaimData } | undefined {
  if (textOf(metadata?.["encoding"]) !== ENCODING || textOf(metadata?.["messageType"]) !== MESSAGE_TYPE)
    return undefined;
  const value = jsonIn(data ?? "");
  if (!isPlainObject(value)) return undefined;
  const driverName = value["driverName"] ?? value["driver_name"];
  const claimData = value["claimData"] ?? value["claim_data"];
  const isClaim = isText(driverName) && isPlainObject(claimData) && Object.values(claimData).every(isText);
  return isClaim ? { driverName, claimData: claimData as ClaimData } : undefined;
}

/** Decodes bytes as UTF-8 text, if there are any. */
export function textOf(bytes: Uint8Array | null | undefined): string | undefined {
  return bytes ? utf8Of(bytes) : undefined;
}
