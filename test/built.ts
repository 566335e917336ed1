/** The built package within a test: threads of its own are made of the built files. */
import { join } from 'node:path'
import type * as library from '../lib'

export const built = require(join(__dirname, '..', 'dist')) as typeof library
