// Runs one contender of the messages in a process of its own. Argument: a MessagesJob as JSON.
import process from "node:process";
import { costOfMessages, type MessagesJob } from "./s3-messages.js";

process.send!(await costOfMessages(JSON.parse(process.argv[2]!) as MessagesJob), () => process.exit());
