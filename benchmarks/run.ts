/** `npm run bench`: measures gatewise beside its peers, prints tables, and writes JSON and a plot. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { measureAllocations } from './allocations.js'
import { CASES, subjectName, type Case } from './cases.js'
import { Contestant } from './contestant.js'
import { holdsToCores } from './cores.js'
import { cacheBytes, Limits } from './limits.js'
import { measureRow } from './measure.js'
import { writeNumbers } from './numbers.js'
import { readOptions, type Options } from './options.js'
import { GATEWISE, otherCheckout, PEERS, SINGLE } from './peers.js'
import { drawRatios } from './plot.js'
import type { BenchResult, Machine, Row } from './result.js'
import { allocationsTable, failures, machineTable, rowsTable, verdictsTable } from './table.js'
import { verdicts } from './targets.js'

async function main(): Promise<void> {
  const options = readOptions(process.argv)
  const begin = performance.now()
  const cases = CASES.filter(
    ({ subject, quick }) =>
      (quick || !options.quick) && options.filter.test(`${subject.cell} ${subjectName(subject)}`),
  )
  const { contestants, missing } = await startAll(options)
  const limits = options.limits ? Limits.start() : undefined
  if (options.limits && limits === undefined) missing.push('limits of the machine: no C++ compiler found')
  if (!holdsToCores) missing.push('one core for all rows on one thread: no taskset found')
  for (const line of missing) console.log(`left out: ${line}`)
  const machine = limits === undefined ? undefined : await measureMachine(limits)
  if (machine !== undefined) console.log(`${machineTable(machine)}\n`)

  const rows = await measureAll(cases, contestants, limits, options)
  for (const contestant of contestants) contestant.close()
  limits?.close()

  const [gatewise, ...peers] = contestants.map(({ peer: { id, title, head }, version }) => ({
    id,
    title,
    head,
    version,
  }))
  const result: BenchResult = {
    date: new Date().toISOString(),
    seconds: Math.round((performance.now() - begin) / 1000),
    gatewise: gatewise?.version ?? '',
    node: process.versions.node,
    peers,
    missing,
    ...(machine === undefined ? {} : { machine }),
    rows: rows.sort((a, b) => orderOf(a) - orderOf(b)),
    allocations: options.modes.length > 1 ? measureAllocations() : [],
  }
  report(result)
  await write(result, options)
}

/** By cell, mode and threads; as they were measured within those. */
function orderOf({ subject, mode, threads }: Row): number {
  return (
    100 * ['LSTM', 'GRU'].indexOf(subject.cell) + 10 * ['train', 'infer', 'stream'].indexOf(mode) + threads
  )
}

async function startAll({
  peers,
  other,
  threads,
}: Options): Promise<{ contestants: Contestant[]; missing: string[] }> {
  const wanted = [
    GATEWISE,
    ...(threads.some((count) => count > 1) ? [SINGLE] : []),
    ...(other === undefined ? [] : [otherCheckout(other)]),
    ...PEERS.filter(({ id }) => peers === undefined || peers.includes(id)),
  ]
  const contestants: Contestant[] = []
  const missing: string[] = []
  for (const peer of wanted) {
    const started = await Contestant.start(peer)
    if (started instanceof Contestant) contestants.push(started)
    else missing.push(started.missing)
  }
  if (contestants[0]?.peer !== GATEWISE) throw new Error(`${missing[0] ?? ''}\nnpm run build comes first`)
  return { contestants, missing }
}

async function measureMachine(limits: Limits): Promise<Machine> {
  const cores = availableParallelism()
  const counts = Array.from({ length: Math.min(cores, 2) }, (_, at) => at + 1)
  const l2 = cacheBytes(2) ?? 1 << 20
  const l3 = cacheBytes(3) ?? 1 << 25
  const each = async (one: (threads: number) => Promise<number>): Promise<number[]> => {
    const found: number[] = []
    for (const threads of counts) found.push(await one(threads))
    return found
  }
  // Half of a private cache, and of the shared one's a part that neighbours may leave us.
  const levels = [
    { level: 'L2', bytes: l2 / 2 },
    { level: 'L3', bytes: Math.min(8 * l2, l3 / 4) },
    { level: 'memory', bytes: 4 * l3 },
  ]
  const read: { level: string; bytes: number; rates: number[] }[] = []
  for (const { level, bytes } of levels) {
    read.push({ level, bytes, rates: await each((threads) => limits.read(threads, threads * bytes)) })
  }
  const flops = await each((threads) => limits.flops(threads))
  return { processor: cpus()[0]?.model ?? '', cores, flops, read }
}

async function measureAll(
  cases: readonly Case[],
  contestants: readonly Contestant[],
  limits: Limits | undefined,
  options: Options,
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gatewise-bench-'))
  const file = join(folder, 'subject.safetensors')
  const rows: Row[] = []
  try {
    for (const { subject, modes } of cases) {
      writeNumbers(subject, file)
      const here: Contestant[] = []
      for (const contestant of contestants) {
        // One whose process has ended is out.
        await contestant.open(subject, file).then(
          () => here.push(contestant),
          () => undefined,
        )
      }
      for (const mode of modes.filter((one) => options.modes.includes(one))) {
        for (const threads of mode === 'stream' ? [1] : options.threads) {
          const row = await measureRow(subject, mode, threads, here, limits, folder, options)
          rows.push(row)
          process.stderr.write(`${progress(row)}\n`)
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return rows
}

/** A line while it runs. */
function progress({ subject, mode, threads, seconds, rounds, peers }: Row): string {
  const ratios = Object.entries(peers).map(([id, { ratio }]) => `${id} ${ratio.median.toPrecision(3)}`)
  const ms = (1e3 * seconds.median).toPrecision(3)
  return `${subject.cell} ${subjectName(subject)} ${mode} ${threads}: ${ms} ms, ${rounds} rounds; ${ratios.join(', ')}`
}

function report(result: BenchResult): void {
  console.log(rowsTable(result))
  for (const line of failures(result)) console.log(line)
  if (result.allocations.length > 0) console.log(`\n${allocationsTable(result.allocations)}`)
  console.log(`\n${verdictsTable(verdicts(result))}\n`)
  const versions = result.peers.map(({ title, version }) => `${title} ${version}`)
  console.log(
    `gatewise ${result.gatewise}, Node ${result.node}; ${versions.join(', ')}. ` +
      `Medians; "×" is how many times gatewise's time a peer takes. ${result.seconds} s.`,
  )
}

async function write(result: BenchResult, { json, plot }: Options): Promise<void> {
  for (const path of [json, plot]) if (path !== undefined) mkdirSync(dirname(path), { recursive: true })
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result)}\n`)
  if (plot !== undefined) writeFileSync(plot, await drawRatios(result))
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
