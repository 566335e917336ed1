/** What `gatewise build` compiles. That both ways to compile it work is for scripts/check-package.sh, from the tarball. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { bindingGyp } from '../lib/compile/gyp'
import { readRecipe } from '../lib/compile/recipe'
import { ROOT } from './installed'

const X64 = ['scalar', 'sse2', 'avx2', 'avx512']

test('every unit of the core is listed, once', () => {
  const units = readdirSync(join(ROOT, 'native'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.cc'))
    .map((file) => join('native', file))
  // One is compiled once per instruction set, the other on Windows only.
  const elsewhere = [join('native', 'isa', 'kernels.cc'), join('native', 'binding', 'delay_load.cc')]
  const { sources } = readRecipe(ROOT, 'x64')
  expect([...sources, ...elsewhere].sort()).toEqual(units.sort())
})

test.each([
  ['x64', X64],
  ['arm64', ['scalar', 'neon']],
  ['riscv64', ['scalar']],
])('on %s the kernels are %p', (arch, isas) => {
  const { kernels } = readRecipe(ROOT, arch)
  expect(kernels.map(({ isa }) => isa)).toEqual(isas)
  // Bits would differ between compilers and sets.
  for (const { flags } of kernels) expect(flags).toContain('-ffp-contract=off')
  expect(kernels.map(({ flags }) => flags.filter((flag) => flag.startsWith('-mavx')).length)).toEqual(
    isas.map((isa) => ({ avx2: 1, avx512: 5 })[isa] ?? 0),
  )
})

test('node-gyp gets a library for each set of kernels, and the addon, which is linked with all of them', () => {
  const recipe = readRecipe(ROOT, 'x64')
  const { targets } = JSON.parse(bindingGyp(recipe)) as {
    targets: { target_name: string; cflags_cc: string[]; defines: string[]; dependencies?: string[] }[]
  }
  const libraries = X64.map((isa) => `kernels_${isa}`)
  expect(targets.map(({ target_name }) => target_name)).toEqual([...libraries, 'gatewise'])
  expect(targets.at(-1)?.dependencies).toEqual(libraries)
  expect(targets.at(-1)?.defines).toEqual(recipe.defines)
  expect(recipe.defines).toContain('NAPI_VERSION=8')
  for (const [index, { flags, isa }] of recipe.kernels.entries()) {
    expect(targets[index]?.cflags_cc).toEqual(expect.arrayContaining([...flags, '-std=c++20']))
    expect(targets[index]?.defines).toContain(`GATEWISE_ISA=${isa}`)
  }
})

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewise-compile-'))
  const calls = join(folder, 'calls')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Runs `gatewise build` where cmake is of a version and fails, and node-gyp too; with what each was called. */
  function build(cmake: string) {
    writeFileSync(calls, '')
    const note = `echo "$0 $*" >> '${calls}'`
    writeFileSync(
      join(folder, 'cmake'),
      `#!/bin/sh\n[ "$1" = --version ] && echo "cmake version ${cmake}" && exit 0\n${note}\nexit 3\n`,
      { mode: 0o755 },
    )
    const nodeGyp = join(folder, 'node-gyp.js')
    writeFileSync(
      nodeGyp,
      `const { argv, env } = process
       const told = Object.keys(env).filter((name) => name.startsWith('npm_config_'))
       require('fs').appendFileSync(${JSON.stringify(calls)}, [...argv.slice(1), ...told].join(' '))
       process.exit(4)`,
    )
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist', 'cli.js'), 'build'], {
      env: {
        ...process.env,
        PATH: `${folder}:/usr/bin:/bin`,
        npm_config_node_gyp: nodeGyp,
        npm_config_nodedir: '/usr',
      },
      encoding: 'utf8',
    })
    return { status, stderr, calls: readFileSync(calls, 'utf8') }
  }

  const failed = (how: string): string =>
    `gatewise: cannot compile: ${how}, for the reason above. Needed: a C++20 compiler, as GCC 12 or clang 14\n`

  test.each(['3.18.0', '3.25.1', '4.2.0'])('takes cmake %s, and says in a line that it failed', (version) => {
    const told = build(version)
    expect([told.status, told.stderr]).toEqual([1, failed('cmake failed (exit status 3)')])
    expect(told.calls).toMatch(/^\S+cmake -S /)
  })

  test.each(['3.17.5', '2.8.12', 'unknown'])(
    'with cmake %s takes node-gyp, and asks nobody for headers',
    (version) => {
      const told = build(version)
      expect([told.status, told.stderr]).toEqual([1, failed('node-gyp failed (exit status 4)')])
      // Variables of npm's would go before these options.
      expect(told.calls).toMatch(/^\S+node-gyp\.js rebuild --directory=\S+ --nodedir=\S+headers --jobs=\d+$/)
    },
  )
})
