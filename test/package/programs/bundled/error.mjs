import { isStorageError } from "coatcheck";

const foreign = Object.assign(new Error("No."), { code: "NOT_FOUND" });
console.log(isStorageError(foreign), isStorageError(undefined));
