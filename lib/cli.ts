#!/usr/bin/env node
/** The command `gatewise`. What it does stands in cli/. */
import { processIo } from './cli/io.js'
import { main } from './cli/main.js'

void main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code
})
