// Copies the headers that the core is compiled with to node-api/, so that the published package compiles without
// its two packages of headers, of which those who run a prebuilt binary have no use.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const to = join(dirname(fileURLToPath(import.meta.url)), '..', 'node-api')

rmSync(to, { recursive: true, force: true })
mkdirSync(to)
for (const [name, folder] of [
  ['node-addon-api', '.'],
  ['node-api-headers', 'include'],
]) {
  const from = dirname(require.resolve(`${name}/package.json`))
  const headers = readdirSync(join(from, folder)).filter((file) => file.endsWith('.h'))
  for (const header of headers) copyFileSync(join(from, folder, header), join(to, header))
  const licence = readdirSync(from).find((file) => file.startsWith('LICENSE'))
  copyFileSync(join(from, licence), join(to, `LICENSE.${name}`))
}

// What node.exe exports, as one list: Windows' linkers want an import library made of it.
const { def_paths } = require('node-api-headers')
const names = Object.values(def_paths).flatMap((path) =>
  readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line && !/^(NAME|EXPORTS)/.test(line)),
)
writeFileSync(join(to, 'node-api.def'), `NAME NODE.EXE\nEXPORTS\n${[...new Set(names)].join('\n')}\n`)
