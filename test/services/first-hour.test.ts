import { ProjectWithPeers } from "../package/project-with-peers.js";
import { serviceVariable } from "./service-variable.js";

let project: ProjectWithPeers;
beforeAll(async () => {
  project = await ProjectWithPeers.create();
});
afterAll(() => project.remove());

it.each([
  ["rabbitmq.ts", "RABBITMQ_URL"],
  ["bullmq.ts", "REDIS_URL"],
])("%s of the first hour does what it says, against a real server", async (program, variable) => {
  await expect(project.run(program, { [variable]: serviceVariable(variable) })).resolves.toBeUndefined();
});
