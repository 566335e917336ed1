/** The folder of this package, also from within a bundle. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** This file; in a bundle that one, and in a bundle of ES modules, which do not know it, the program that runs. */
export const here =
  typeof __filename === 'string' ? __filename : (process.argv[1] ?? join(process.cwd(), 'main'))

/** `require` as this package has it, or the bundle that it is part of. Bundlers do not look through it. */
export const requireHere = createRequire(here)

/** Finds it beside this file, where it is installed, or in the `node_modules` that a bundle can reach. */
export function packageRoot(): string {
  const above = join(dirname(here), '..', '..')
  if (existsSync(join(above, 'native', 'build.txt'))) return above
  try {
    return dirname(requireHere.resolve('gatewise/package.json'))
  } catch {
    return above
  }
}
