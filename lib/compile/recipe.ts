/** What the core is compiled of: native/build.txt and native/isa/targets.def, which CMakeLists.txt reads too. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Recipe {
  /** Paths from the package's folder, as all here. */
  readonly sources: readonly string[]
  readonly flags: readonly string[]
  readonly defines: readonly string[]
  readonly linuxLinkFlags: readonly string[]
  /** What native/isa/kernels.cc is compiled with, once for each. */
  readonly kernels: readonly { readonly isa: string; readonly flags: readonly string[] }[]
}

/** The names of processors in targets.def, by Node's. */
const PROCESSORS: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/** Reads the recipe for a processor, as `process.arch` names it. One that is not known gets the plain kernels. */
export function readRecipe(root: string, arch: string): Recipe {
  const lines = readFileSync(join(root, 'native', 'build.txt'), 'utf8').split(/\r?\n/)
  const listed = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  const targets = readFileSync(join(root, 'native', 'isa', 'targets.def'), 'utf8')
  const rows = targets.matchAll(/^GATEWISE_TARGET\((\w+), (\w+), "([^"]*)"/gm)
  return {
    sources: listed('source'),
    flags: listed('flag'),
    defines: listed('define'),
    linuxLinkFlags: listed('linux-link-flag'),
    kernels: [...rows]
      .filter(([, , processor]) => processor === 'any' || processor === PROCESSORS[arch])
      .map(([, isa = '', , flags = '']) => ({
        isa,
        flags: [...listed('kernel-flag'), ...flags.split(' ').filter(Boolean)],
      })),
  }
}
