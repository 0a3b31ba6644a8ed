import { FLOORS } from "./scripts/floors.mjs";

// The house: each room of src/ imports from those below it only. docs/house.md has a picture of it.

/** Rooms that compute, and touch nothing outside of the process. */
const PURE = ["errors", "json", "paths", "options", "schemas", "object", "reference", "plan"];

export default {
  forbidden: [
    {
      name: "no-circles",
      comment: "Two files that import each other are one thing, or lack a third one. Imports of types count too.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...FLOORS.map((room, floor) => ({
      name: `${room}-stands-on-what-is-below`,
      comment: "Imports go downwards only. What a lower room needs belongs there, or further down.",
      severity: "error",
      from: { path: `^src/${room}/` },
      to: { path: `^src/(?!(${FLOORS.slice(0, floor + 1).join("|")})/)` },
    })),
    {
      name: "rooms-are-on-a-floor",
      comment: "A new room gets its place in FLOORS.",
      severity: "error",
      from: { path: `^src/(?!(${FLOORS.join("|")})/)[^/]+/` },
      to: {},
    },
    {
      name: "pure-rooms-do-no-io",
      comment: "What decides is told what it needs: it reads no file and asks no server.",
      severity: "error",
      from: { path: `^src/(${PURE.join("|")})/` },
      to: { path: "^(fs|net|http|https|stream|child_process|@aws-sdk|node_modules/@aws-sdk)(/|$)" },
    },
    {
      name: "drivers-know-no-other-driver",
      comment: "A driver is a folder that can be left out.",
      severity: "error",
      from: { path: "^src/store/drivers/([^/]+)/" },
      to: { path: "^src/store/drivers/[^/]+/", pathNot: "^src/store/drivers/$1/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
