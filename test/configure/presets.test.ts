import { readFileSync } from "node:fs";
import { managerSettings, PRESETS, type Preset } from "../../src/configure/settings.js";
import { StorageManager } from "../../src/index.js";

describe("preset", () => {
  it.each(Object.keys(PRESETS) as Preset[])(
    "%s is the options that its documentation says, and nothing more",
    (preset) => {
      expect(managerSettings({ preset })).toEqual({ ...managerSettings({}), ...PRESETS[preset], preset });
      const documented = readFileSync("src/configure/options.ts", "utf8").replaceAll(/\n\s+\* /g, " ");
      for (const [name, value] of Object.entries(PRESETS[preset])) {
        const shown = typeof value === "object" ? `{ maxBytes: ${value.maxBytes} }` : JSON.stringify(value);
        expect(documented).toContain(`${name}: ${shown}`);
      }
    },
  );

  it("gives way to options that are given", () => {
    expect(managerSettings({ preset: "workflow", references: "reject" }).references).toBe("reject");
    expect(managerSettings({ preset: "workflow", references: undefined }).references).toBe("pass");
    expect(managerSettings({ preset: "message", maxInlineSize: 0 })).toMatchObject({
      maxInlineSize: 0,
      maxEnvelopeSize: 196_608,
    });
  });

  it("gives way to variables of the environment", async () => {
    const env = { COATCHECK_MAX_INLINE_SIZE: "10" };
    const manager = await StorageManager.fromEnv(env, { options: { preset: "message" } });
    await expect(manager.dehydrate("a".repeat(100))).rejects.toMatchObject({ code: "STORAGE_DISABLED" });
  });

  it.each(["workflows", "toString", 1, null])("that is none is CONFIG_INVALID: %j", (preset) => {
    expect(() => new StorageManager({ preset } as never)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("preset") as string,
      }) as Error,
    );
  });
});
