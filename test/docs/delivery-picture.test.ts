import { readFileSync, writeFileSync } from "node:fs";
import { loadDeliveries } from "../../examples/demo/deliveries.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { renderSvg } from "../../src/picture/render-svg.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";

const PICTURE = "docs/pictures/delivery.svg";

it("the picture in the README is that of a delivery, as it is drawn today", () => {
  const { body } = loadDeliveries().find(({ id }) => id === "pull_request-1")!;
  const plan = new StorageManager({ store: new MemoryStore() }).plan(body, { scope: "delivery" });
  const drawn = renderSvg(plan, { title: "A webhook delivery, by bytes" });
  // UPDATE_PICTURES=1 draws it again.
  if (process.env["UPDATE_PICTURES"] !== undefined) writeFileSync(PICTURE, drawn);
  expect(readFileSync(PICTURE, "utf8")).toBe(drawn);
  expect(readFileSync("README.md", "utf8")).toContain(PICTURE);
});
