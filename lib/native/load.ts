/** Finds and loads the addon on first use, and makes the choices that the environment asks for. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { EngineError } from '../errors.js'
import type { NativeBinding } from './binding.js'

const root = join(__dirname, '..', '..')

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

function load(): NativeBinding {
  const told = process.env['GATEWISE_BINARY']
  const path = told ?? candidates().find((candidate) => existsSync(candidate))
  if (path === undefined) {
    throw new EngineError(
      `gatewise has no binary for ${process.platform}-${process.arch}. To compile one, run: npm run build:native (in ${root})`,
    )
  }
  try {
    return createRequire(__filename)(path) as NativeBinding
  } catch (cause) {
    throw new EngineError(`gatewise cannot load its binary ${path}: ${(cause as Error).message}`, { cause })
  }
}

function candidates(): string[] {
  return [join(root, 'build', 'Release', 'gatewise.node'), join(root, 'build', 'Debug', 'gatewise.node')]
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
