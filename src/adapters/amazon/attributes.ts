import { writtenValue, type AttributeValue, type Wire } from "../messages/wire.js";

/** An attribute of SQS and SNS. */
export interface AmazonAttribute {
  DataType: string | undefined;
  StringValue?: string | undefined;
  BinaryValue?: Uint8Array | undefined;
}

/** The attributes of a message by name. */
export type AmazonAttributes = Readonly<Record<string, AmazonAttribute>>;

/** Returns attributes as the service counts them: the type with its label, and the value. */
export function countedAttributes(
  attributes: Readonly<Record<string, Partial<AmazonAttribute>>> | undefined,
): Wire["attributes"] {
  const entries = Object.entries(attributes ?? {});
  return new Map(
    entries.map(([name, { DataType = "String", StringValue, BinaryValue }]) => [
      name,
      { type: DataType, value: StringValue ?? BinaryValue ?? "" },
    ]),
  );
}

/** Returns the attributes of a packed message: the given attributes, and those that packing added. */
export function writtenAttributes(
  packed: Wire["attributes"],
  given: AmazonAttributes | undefined,
  counted: Wire["attributes"],
): Record<string, AmazonAttribute> {
  const entries = [...packed].map(([name, value]): [string, AmazonAttribute] => {
    const isGiven = given !== undefined && value === counted.get(name);
    return [name, isGiven ? given[name]! : written(value)];
  });
  return Object.fromEntries(entries);
}

function written(value: AttributeValue): AmazonAttribute {
  const text = writtenValue(value);
  if (typeof text !== "string") return { DataType: typeOf(value) ?? "Binary", BinaryValue: text };
  return { DataType: typeOf(value) ?? (typeof value === "number" ? "Number" : "String"), StringValue: text };
}

function typeOf(value: AttributeValue): string | undefined {
  return typeof value === "object" && "type" in value ? value.type : undefined;
}
