/**
 * Finds and loads the addon on first use, and makes the choices that the environment asks for. CONTRIBUTING.md, "Binaries",
 * says which binaries there are and where they come from.
 */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { EngineError } from '../errors.js'
import type { NativeBinding } from './binding.js'
import { platformName } from './platform.js'
import { packageRoot, requireHere } from './root.js'

const FILE = 'gatewise.node'

/** Most threads that a team may have. */
export const MAX_THREADS = 1024

let loaded: NativeBinding | undefined

/**
 * The native core. Loaded by the first call, so that importing the package costs nothing.
 *
 * @throws EngineError where there is no binary for this machine, or `GATEWISE_ISA` or `GATEWISE_THREADS` cannot be met
 */
export function native(): NativeBinding {
  loaded ??= configure(load())
  return loaded
}

const HOW_TO_COMPILE = 'To compile one for this machine, run: npx gatewise build'

function load(): NativeBinding {
  const { GATEWISE_BINARY: told = '' } = process.env
  const path = told === '' ? firstThatExists(binaryPaths()) : told
  if (path === undefined) {
    throw new EngineError(`gatewise has no binary for ${platformName()}. ${HOW_TO_COMPILE}`)
  }
  try {
    return requireHere(path) as NativeBinding
  } catch (cause) {
    const { message } = cause as Error
    throw new EngineError(`gatewise cannot load its binary ${path}: ${message}. ${HOW_TO_COMPILE}`, { cause })
  }
}

function firstThatExists(paths: Iterable<string>): string | undefined {
  for (const path of paths) if (existsSync(path)) return path
  return undefined
}

/** Where the addon may be, best first: what was compiled on this machine goes before what was prebuilt. */
function* binaryPaths(): Generator<string> {
  const root = packageRoot()
  yield join(root, 'build', 'Release', FILE)
  yield join(root, 'build', 'Debug', FILE)
  const platform = platformName()
  yield join(root, 'prebuilds', platform, FILE)
  try {
    yield requireHere.resolve(`@gatewise/${platform}/${FILE}`)
  } catch {
    // That package is optional.
  }
}

function configure(binding: NativeBinding): NativeBinding {
  const isa = process.env['GATEWISE_ISA']
  if (isa && !binding.chooseIsa(isa)) {
    throw new EngineError(
      `GATEWISE_ISA: expected one of ${binding.state().isas.join(', ')} (those that this machine can run), received "${isa}"`,
    )
  }
  binding.setThreads(threadsToUse(process.env['GATEWISE_THREADS']))
  return binding
}

function threadsToUse(told: string | undefined): number {
  if (!told) return Math.min(availableParallelism(), MAX_THREADS)
  const threads = Number(told)
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new EngineError(
      `GATEWISE_THREADS: expected a whole number from 1 to ${MAX_THREADS}, received "${told}"`,
    )
  }
  return threads
}
