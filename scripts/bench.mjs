// `npm run bench`: compiles benchmarks/ to benchmarks/build/, in a fraction of tsc's time, and runs it with the arguments
// given. `npm run typecheck` is where its types are checked.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformFileSync } from '@swc/core'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const from = join(root, 'benchmarks')
const to = join(from, 'build')

if (!existsSync(join(root, 'dist', 'index.js'))) {
  console.error('bench: there is no dist/; npm run build comes first')
  process.exit(1)
}
for (const folder of ['.', 'drivers', 'pure-js']) {
  mkdirSync(join(to, folder), { recursive: true })
  for (const name of readdirSync(join(from, folder)).filter((file) => file.endsWith('.ts'))) {
    const { code } = transformFileSync(join(from, folder, name), {
      configFile: false,
      swcrc: false,
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs', ignoreDynamic: true },
    })
    writeFileSync(join(to, relative(from, join(from, folder)), name.replace(/\.ts$/, '.js')), code)
  }
}
const { status } = spawnSync(process.execPath, [join(to, 'run.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
