import { validate, type StandardSchemaV1 } from "../../src/schemas/standard-schema.js";
import { failureOf } from "../support/failure.js";

function giving(answer: unknown): StandardSchemaV1 {
  return { "~standard": { version: 1, vendor: "handmade", validate: () => answer as never } };
}

describe("A schema that does not keep to Standard Schema", () => {
  it.each([undefined, null, "text"])("failed itself when it gives %j", async (answer) => {
    const error = await failureOf(validate(giving(answer), {}));
    expect(error).toMatchObject({ code: "SCHEMA_MISMATCH", cause: expect.any(TypeError) as TypeError });
  });

  it.each([
    [[], "it does not say where"],
    ["text", "it does not say where"],
    [[null], "issues at the root"],
  ])("refuses the value when its issues are %j", async (issues, where) => {
    const { code, message } = await failureOf(validate(giving({ issues }), {}));
    expect(code).toBe("SCHEMA_MISMATCH");
    expect(message).toContain(`The value does not match the schema: ${where}.`);
  });
});
