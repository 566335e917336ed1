/** `gatewise build`: compiles the core on this machine, with cmake, or with node-gyp where there is no cmake. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { EngineError } from '../errors.js'
import { packageRoot } from '../native/root.js'
import { bindingGyp, COMMON_GYPI } from './gyp.js'
import { readRecipe } from './recipe.js'

const FILE = 'gatewise.node'

/** The first cmake that CMakeLists.txt can be read by. */
const OLDEST_CMAKE = [3, 18] as const

/**
 * Compiles the core, to where the loader looks first. What the compilers say goes to the terminal.
 *
 * @returns the path of the binary
 * @throws EngineError where there is neither tool, or it fails
 */
export function compile(): string {
  const root = packageRoot()
  const folder = mkdtempSync(join(tmpdir(), 'gatewise-build-'))
  try {
    const nodeGyp = hasCmake() ? undefined : findNodeGyp()
    const built = nodeGyp === undefined ? withCmake(root, folder) : withNodeGyp(nodeGyp, root, folder)
    const binary = join(root, 'build', 'Release', FILE)
    mkdirSync(dirname(binary), { recursive: true })
    rmSync(binary, { force: true }) // not written over: a process may have it loaded
    copyFileSync(built, binary)
    return binary
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function hasCmake(): boolean {
  const { status, stdout } = spawnSync('cmake', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return false
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout) ?? []
  return Number(major) * 100 + Number(minor) >= OLDEST_CMAKE[0] * 100 + OLDEST_CMAKE[1]
}

function withCmake(root: string, folder: string): string {
  const out = join(folder, 'out')
  const outputs = ['LIBRARY', 'RUNTIME'].map((kind) => `-DCMAKE_${kind}_OUTPUT_DIRECTORY_RELEASE=${out}`)
  const toolset = process.platform === 'win32' ? ['-T', 'ClangCL'] : []
  run('cmake', 'cmake', ['-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', ...toolset, ...outputs])
  run('cmake', 'cmake', [
    '--build',
    folder,
    '--config',
    'Release',
    '--parallel',
    String(availableParallelism()),
  ])
  return join(out, FILE)
}

/** node-gyp's program: the one that npm, pnpm or yarn names, or the one of the npm that came with this Node. */
function findNodeGyp(): string {
  const prefix = dirname(process.execPath)
  const within = ['node_modules', 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js']
  const cmake = `cmake ${OLDEST_CMAKE.join('.')} or later`
  // The kernels need clang there, which node-gyp does not come by; the installer that brings it brings cmake too.
  if (process.platform === 'win32') throw new EngineError(`cannot compile: expected ${cmake}, and found none`)
  const found = [
    process.env['npm_config_node_gyp'],
    join(prefix, ...within),
    join(prefix, '..', 'lib', ...within),
  ]
    .filter((path) => path !== undefined)
    .find((path) => existsSync(path))
  if (found === undefined) {
    throw new EngineError(
      `cannot compile: expected ${cmake}, or the node-gyp that npm brings, and found neither`,
    )
  }
  return found
}

/** gyp puts objects beside their sources' paths and cannot quote blanks, so the sources are copied into the folder. */
function withNodeGyp(nodeGyp: string, root: string, folder: string): string {
  for (const name of ['native', 'node-api']) cpSync(join(root, name), join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'binding.gyp'), bindingGyp(readRecipe(root, process.arch)))
  const headers = join(folder, 'headers')
  mkdirSync(join(headers, 'include', 'node'), { recursive: true })
  writeFileSync(join(headers, 'include', 'node', 'common.gypi'), COMMON_GYPI)
  const options = [`--directory=${folder}`, `--nodedir=${headers}`, `--jobs=${availableParallelism()}`]
  run('node-gyp', process.execPath, [nodeGyp, 'rebuild', ...options], withoutNpmConfig(process.env))
  return join(folder, 'build', 'Release', FILE)
}

/** To node-gyp these variables say more than its own options: npm's `nodedir` would bring other headers, with other flags. */
function withoutNpmConfig(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ([name]: [string, unknown]): boolean =>
    !/^npm_(config|package_config)_/i.test(name) || name === 'npm_config_python'
  return Object.fromEntries(Object.entries(env).filter(kept))
}

/** Runs a tool. What it says goes to the terminal as it comes. */
function run(name: string, command: string, args: readonly string[], env = process.env): void {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', env })
  if (status === 0) return
  const how = error?.message ?? signal ?? `exit status ${String(status)}`
  throw new EngineError(
    `cannot compile: ${name} failed (${how}), for the reason above. Needed: a C++20 compiler, as GCC 12 or clang 14`,
  )
}
