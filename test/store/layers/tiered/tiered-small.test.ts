import { textOf, tiered } from "./tiered-fixture.js";

it.each([100, 1000, 10_000])("holds content of all its bytes where there are few: %d", async (maxBytes) => {
  const { store, asked } = tiered({ maxBytes });
  const half = "x".repeat(maxBytes / 2);
  for (const path of ["a", "b"]) await store.write(path, half);
  expect(store.stats()).toMatchObject({ objects: 2, bytes: maxBytes });
  asked();
  for (const path of ["a", "b", "a"]) await textOf(store, path);
  expect(asked()).toEqual([]);
  await store.write("c", half);
  asked();
  for (const path of ["a", "c", "b"]) await textOf(store, path);
  expect(asked()).toEqual(["read b"]);
  await store.write("all", "x".repeat(maxBytes));
  expect(store.stats()).toMatchObject({ objects: 1, bytes: maxBytes });
  for (let i = 0; i < 150; i++) await store.write(`${i}`, "");
  expect(store.stats().bytes).toBeLessThanOrEqual(maxBytes);
});

it("counts little beside the content where there is little room", async () => {
  const { store } = tiered({ maxBytes: 50_000 });
  for (let i = 0; i < 200; i++) await store.write(`${i}`, "");
  expect(store.stats()).toMatchObject({ objects: 200, bytes: 200 * 3 });
});
