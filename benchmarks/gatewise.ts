/** The build of this checkout, or of another one, which `npm run bench` compiles nothing of. */
import { join } from 'node:path'
import type * as Gatewise from '../lib/index.js'

/** benchmarks/, whichever folder below it this was compiled to. */
export const BENCHMARKS = join(__dirname, '..')

/** `dist/` of a checkout. */
export function gatewiseFrom(checkout: string = join(BENCHMARKS, '..')): typeof Gatewise {
  return require(join(checkout, 'dist', 'index.js')) as typeof Gatewise
}
