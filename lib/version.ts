/** The package's version, as package.json has it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const version = (
  JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as { version: string }
).version
