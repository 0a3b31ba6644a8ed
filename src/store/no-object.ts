/** The text of `NOT_FOUND`, with what may have happened. */
export const NO_OBJECT =
  "There is no such object: it was deleted, released or ended by age, or it was written to another store.";
