/** The options of `npm run bench`. */
import { Command, InvalidArgumentError } from 'commander'
import { join, resolve } from 'node:path'
import type { Mode } from './cases.js'
import { BENCHMARKS } from './gatewise.js'
import type { MeasureOptions } from './measure.js'
import { PEERS } from './peers.js'

export interface Options extends MeasureOptions {
  readonly quick: boolean
  readonly filter: RegExp
  readonly modes: readonly Mode[]
  readonly threads: readonly number[]
  /** Ids; all where there are none. */
  readonly peers?: readonly string[]
  /** Another checkout to measure beside this one. */
  readonly other?: string
  readonly limits: boolean
  /** Where to write; undefined for nowhere. */
  readonly json?: string
  readonly plot?: string
}

const MODES: readonly Mode[] = ['train', 'infer', 'stream']

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a positive number')
  return value
}

const threadCounts = (text: string): number[] => text.split(',').map(positive)

function oneOf<T extends string>(names: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((given) => {
      const name = names.find((known) => known === given)
      if (name === undefined) throw new InvalidArgumentError(`some of ${names.join(', ')}`)
      return name
    })
}

/** @param argv as process has it */
export function readOptions(argv: readonly string[]): Options {
  const results = join(BENCHMARKS, 'results')
  const command = new Command('npm run bench --')
    .description('Measures gatewise beside its peers: runs interleaved, medians, ratios.')
    .option('--quick', 'a few cases, in about a minute', false)
    .option('--filter <pattern>', 'cases that match, as "LSTM 100,1" or "GRU .*lengths"', '')
    .option('--modes <list>', MODES.join(','), oneOf(MODES), [...MODES])
    .option('--threads <list>', 'thread counts', threadCounts, [1, 2])
    .option('--peers <list>', PEERS.map(({ id }) => id).join(','), oneOf(PEERS.map(({ id }) => id)))
    .option('--other <checkout>', 'a checkout of gatewise, built, to measure beside this one', (path) =>
      resolve(path),
    )
    .option('--rounds <count>', 'rounds of a row, at most', positive, 9)
    .option(
      '--seconds <count>',
      'for the rounds of a row, if they agree; three there are at least',
      positive,
      3,
    )
    .option('--all', 'measure what takes long too', false)
    .option('--no-limits', 'without the limits of the machine')
    .option('--json <file>', 'where the result goes; without --quick or --filter it is benchmarks/results/')
    .option('--plot <file>', 'where the plot goes; likewise')
  command.parse([...argv])
  const given = command.opts<Omit<Options, 'filter' | 'leastRounds'> & { filter: string }>()
  const whole = !given.quick && given.filter === ''
  return {
    ...given,
    filter: new RegExp(given.filter),
    leastRounds: Math.min(3, given.rounds),
    ...(whole ? { json: join(results, 'results.json'), plot: join(results, 'ratios.svg') } : {}),
    ...(given.json === undefined ? {} : { json: given.json }),
    ...(given.plot === undefined ? {} : { plot: given.plot }),
  }
}
