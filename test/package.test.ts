/** What is published: the files, the two doors with one set of classes, the types behind each, and the command. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'

import { version } from '../lib/version'
import { ROOT, withInstalled } from './installed'
import { complaints } from './typescript-check'

const MINUTE = 60_000

interface Manifest {
  version: string
  files: string[]
  scripts: Record<string, string>
  bin: Record<string, string>
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest

/** The files of the tarball. No script of the package runs for this: `prepare` would build it anew. */
function packed(): string[] {
  const cache = mkdtempSync(join(tmpdir(), 'gatewise-pack-'))
  try {
    const told = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--cache', cache], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [tarball] = JSON.parse(told) as [{ files: { path: string }[] }]
    return tarball.files.map(({ path }) => path)
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

const filesUnder = (folder: string): string[] =>
  !existsSync(join(ROOT, folder))
    ? []
    : readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => posix.join(entry.parentPath.slice(ROOT.length + 1), entry.name))

const run = (folder: string, ...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: MINUTE })

describe('the tarball', () => {
  const files = packed()

  test('holds the built files, what compiles the core, and nothing else', () => {
    const expected = [
      ...filesUnder('dist'),
      ...filesUnder('native'),
      ...filesUnder('node-api'),
      ...filesUnder('prebuilds'), // where they were made
      'CMakeLists.txt',
      'LICENSE',
      'README.md',
      'package.json',
    ]
    expect([...files].sort()).toEqual(expected.filter((file) => existsSync(join(ROOT, file))).sort())
    expect(files).toEqual(
      expect.arrayContaining([
        'CMakeLists.txt',
        'native/isa/kernels.cc',
        'node-api/napi.h',
        'dist/index.mjs',
      ]),
    )
  })

  test('runs nothing where it is installed', () => {
    const run = ['preinstall', 'install', 'postinstall'].filter((name) => name in manifest.scripts)
    expect(run).toEqual([])
    // Its presence alone would make npm call node-gyp, so it is made where it is used: lib/compile/gyp.ts.
    expect(files).not.toContain('binding.gyp')
  })
})

test('tells the version that package.json has', () => {
  expect(version).toBe(manifest.version)
})

describe('an installed package', () => {
  test('gives the same classes to import and require, by their names', () => {
    const program = `
      import * as imported from 'gatewise'
      import { createRequire } from 'node:module'
      const required = createRequire(import.meta.url)('gatewise')
      const names = Object.keys(required)
      console.log(names.length > 10, names.filter((name) => imported[name] !== required[name]))
      const classes = names.filter((name) => String(required[name]).startsWith('class'))
      console.log(classes.length > 10, classes.filter((name) => required[name].name !== name))
      const { LSTM, zeros } = imported
      const { output } = new LSTM({ inputSize: 2, hiddenSize: 3, seed: 1 }).infer(zeros([4, 5, 2]))
      console.log(output.shape.join())`
    const said = withInstalled((folder) => {
      writeFileSync(join(folder, 'program.mjs'), program)
      return run(folder, 'program.mjs')
    })
    expect(said).toBe('true []\ntrue []\n4,5,3\n')
  })

  test(
    'has types behind both doors',
    () => {
      const errors = withInstalled((folder) => {
        const program = `import { GRU, mseLoss, type Tensor } from 'gatewise'
        const layer: GRU = new GRU({ inputSize: 2, hiddenSize: 3 })
        const output: Tensor = layer.forward({ data: new Float32Array(2), shape: [1, 1, 2] }).output
        export const loss: number = mseLoss(output, output).loss
        // @ts-expect-error -- hiddenSize is missing
        new GRU({ inputSize: 2 })\n`
        const files = ['program.mts', 'program.cts'].map((name) => join(folder, name))
        for (const file of files) writeFileSync(file, program)
        return complaints(...files)
      })
      expect(errors).toEqual([])
    },
    MINUTE,
  )

  test('loads few files when it is imported, all its own, and not the core', () => {
    const program = `
      require('gatewise')
      const { join, sep } = require('node:path')
      const own = join(require('node:fs').realpathSync('node_modules/gatewise'), 'dist') + sep
      const loaded = Object.keys(require.cache).filter((file) => !file.endsWith('program.cjs'))
      console.log(loaded.map((file) => (file.startsWith(own) ? file.slice(own.length) : file)).join(' '))`
    const said = withInstalled((folder) => {
      writeFileSync(join(folder, 'program.cjs'), program)
      return run(folder, 'program.cjs')
    })
    expect(said).toBe(`index.js ${join('bundle', 'modules.js')}\n`)
  })

  test('has a command', () => {
    const said = withInstalled((folder) => {
      const command = manifest.bin['gatewise'] ?? ''
      expect(readFileSync(join(ROOT, command), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
      return run(folder, join('node_modules', 'gatewise', command), '--version')
    })
    expect(said.trim()).toBe(manifest.version)
  })
})
