#!/usr/bin/env node
import { runProcess } from "./command/process.js";

await runProcess();
