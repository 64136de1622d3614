#!/usr/bin/env node
/** The entry of the `perpetua` command. */
import { promptOf } from './cli/hidden-prompt.js';
import { runProgram } from './cli/program.js';

process.exitCode = await runProgram(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  prompt: promptOf(process.stdin, process.stderr),
});
