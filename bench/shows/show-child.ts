// Runs one worker of the shows in a process of its own. Argument: a ShowJob as JSON.
import process from "node:process";
import { few, many } from "./network.js";
import { ratios, small } from "./ratios.js";
import { stalls } from "./stalls.js";
import { streamIn, streamOut } from "./stream.js";
import type { ShowJob } from "./worker.js";

function work(job: ShowJob): Promise<unknown> {
  switch (job.worker) {
    case "ratios":
      return ratios(job);
    case "small":
      return small(job);
    case "many":
      return many(job);
    case "few":
      return few(job);
    case "streamIn":
      return streamIn(job);
    case "streamOut":
      return streamOut(job);
    case "stall":
      return stalls(job);
  }
}

process.send!(await work(JSON.parse(process.argv[2]!) as ShowJob), () => process.exit());
