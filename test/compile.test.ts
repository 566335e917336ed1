/** What `gatewise build` compiles. That both ways to compile it work is for scripts/check-package.sh, from the tarball. */
import { readdirSync } from 'node:fs'
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
