// The gate on speed that needs no clock: the instructions that the addon executes for a few scans, counted by callgrind,
// may not grow by more than 2 % over benchmarks/instructions.json. `--update` writes what there is now. The kernels are
// AVX2's, since valgrind knows no AVX-512. Counts belong to a compiler: the file has some for each that was used.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ALLOWED_GROWTH = 0.02
// T,B,I,H: the one row of a stream or a short series, a batch with tails everywhere, and one of several panels. Counted
// together, since what takes time is Node's own start under valgrind.
const SIZES = ['12,1,3,67', '9,7,5,51', '2,13,9,85']
const CASES = ['LSTM', 'GRU'].flatMap((cell) =>
  ['infer', 'train'].map((mode) => ({ cell, mode, name: `${cell} ${mode}` })),
)

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const addon = join(root, 'build', 'Release', 'gatewise.node')
const baselinePath = join(root, 'benchmarks', 'instructions.json')
const folder = mkdtempSync(join(tmpdir(), 'gatewise-instructions-'))

/** `GCC 12.2.0`, as the compiler wrote it into the addon. */
function compiler() {
  const text = readFileSync(addon, 'latin1')
  const found = /GCC: \([^)]*\) ([\d.]+)/.exec(text) ?? /(clang) version ([\d.]+)/.exec(text)
  if (found === null) throw new Error(`${addon} does not say which compiler made it`)
  return found[0].startsWith('GCC') ? `GCC ${found[1]}` : `clang ${found[2]}`
}

/**
 * What callgrind's file has of the addon's own code. A line of costs is `position count`; the one after `calls=` is the
 * cost of what was called, which has lines of its own. A name comes with a number the first time, and as that thereafter.
 */
function addonInstructions(file) {
  const names = new Map()
  let [inAddon, skip, sum] = [false, false, 0]
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const object = /^ob=\((\d+)\)(?: (.*))?/.exec(line)
    if (object !== null) {
      if (object[2] !== undefined) names.set(object[1], object[2])
      inAddon = names.get(object[1])?.endsWith('gatewise.node') === true
    } else if (line.startsWith('cob=')) {
      const [, number, name] = /^cob=\((\d+)\)(?: (.*))?/.exec(line)
      if (name !== undefined) names.set(number, name)
    } else if (line.startsWith('calls=')) skip = true
    else if (/^[+*\d-]/.test(line)) {
      if (inAddon && !skip) sum += Number(line.split(' ')[1])
      skip = false
    }
  }
  if (sum === 0) throw new Error(`callgrind has seen no instruction of ${addon}`)
  return sum
}

async function count({ cell, mode, name }) {
  const file = join(folder, name.replaceAll(' ', '-'))
  const scans = join(root, 'benchmarks', 'instructions', 'scans.cjs')
  // Without V8's compilers valgrind is several times faster, and nothing but JavaScript is slower for it.
  const node = [process.execPath, '--single-threaded', '--jitless', scans, cell, mode, ...SIZES]
  const env = { ...process.env, GATEWISE_ISA: 'avx2', GATEWISE_THREADS: '1', GATEWISE_BINARY: addon }
  await promisify(execFile)('valgrind', ['--tool=callgrind', `--callgrind-out-file=${file}`, ...node], {
    env,
  })
  return addonInstructions(file)
}

/** By name; as many at once as there are cores. */
async function countAll() {
  const counts = {}
  const left = [...CASES]
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      counts[next.name] = await count(next)
  }
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker))
  return Object.fromEntries(CASES.map(({ name }) => [name, counts[name]]))
}

function compare(counts, expected) {
  let grown = 0
  for (const [name, now] of Object.entries(counts)) {
    const before = expected[name]
    const change = before === undefined ? Infinity : now / before - 1
    const word =
      change > ALLOWED_GROWTH ? 'GROWN' : change < -ALLOWED_GROWTH ? 'less: --update keeps that' : ''
    if (change > ALLOWED_GROWTH) grown++
    console.log(
      `${name.padEnd(10)} ${String(before).padStart(9)} → ${String(now).padStart(9)}  ${(100 * change).toFixed(2).padStart(6)} %  ${word}`,
    )
  }
  return grown
}

async function main() {
  const baseline = JSON.parse(readFileSync(baselinePath, 'utf8'))
  const made = compiler()
  const update = process.argv.includes('--update')
  if (!update && baseline[made] === undefined) {
    console.log(
      `check-instructions: benchmarks/instructions.json has no counts for ${made}; --update writes them`,
    )
    // Elsewhere another compiler is nobody's fault; in CI it would be a gate that stands open.
    return process.env.CI === undefined ? 0 : 1
  }
  const counts = await countAll()
  if (update) {
    writeFileSync(baselinePath, `${JSON.stringify({ ...baseline, [made]: counts }, null, 2)}\n`)
    console.log(`check-instructions: wrote the counts for ${made}`)
    return 0
  }
  const grown = compare(counts, baseline[made])
  console.log(`check-instructions: ${made}, ${grown} of ${CASES.length} scans grown by more than 2 %`)
  return grown === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  const missing = error.code === 'ENOENT' && error.path === 'valgrind'
  console.error(`check-instructions: ${missing ? 'valgrind is not installed' : error.message}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
