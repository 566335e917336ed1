/** What `import 'gatewise'` costs a program that starts: the time of a process with it, less that of one without. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'

const rounds = Number(process.argv[2] ?? 41)
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist')
const folder = mkdtempSync(join(tmpdir(), 'gatewise-import-'))
const programs = {
  'bare.mjs': '',
  'bare.cjs': '',
  'import.mjs': `import ${JSON.stringify(pathToFileURL(join(dist, 'index.mjs')).href)}`,
  'require.cjs': `require(${JSON.stringify(dist)})`,
}
for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, name), text)

const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]))
// Interleaved, so that what else the machine does meets all of them.
for (let round = 0; round < rounds; round++) {
  for (const name of Object.keys(programs)) {
    const begun = performance.now()
    const { status } = spawnSync(process.execPath, [join(folder, name)], { stdio: 'inherit' })
    if (status !== 0) process.exit(1)
    times[name].push(performance.now() - begun)
  }
}
rmSync(folder, { recursive: true })

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
for (const [name, bare] of [
  ['import.mjs', 'bare.mjs'],
  ['require.cjs', 'bare.cjs'],
]) {
  const [whole, without] = [median(times[name]), median(times[bare])]
  const least = Math.min(...times[name]) - Math.min(...times[bare])
  console.log(
    `${name}: ${whole.toFixed(1)} ms, without ${without.toFixed(1)} ms: ${(whole - without).toFixed(1)} ms more (${(whole / without).toFixed(2)} times); by the least of each ${least.toFixed(1)} ms`,
  )
}
