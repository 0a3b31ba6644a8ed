/**
 * Returns items of an array, as a plain array. It also works for a subclass, whose constructor may take something else
 * than items, and for an array without `slice`.
 */
export function arrayItems(array: readonly unknown[], start: number, end: number): unknown[] {
  if (array.constructor === Array) return Array.prototype.slice.call(array, start, end);
  const items: unknown[] = [];
  for (let index = start; index < end; index++) items.push(array[index]);
  return items;
}
