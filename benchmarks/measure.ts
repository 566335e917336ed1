/** Measures one row: everybody in turn, round by round. */
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { compareResults, type Agreement } from './agreement.js'
import { flopsOf, type Mode, type Subject } from './cases.js'
import type { Contestant } from './contestant.js'
import { sharesOf, type Limits, type Sample, type Shares } from './limits.js'
import type { PeerRow, Row } from './result.js'
import { median, spreadOf, type Spread } from './statistics.js'

export interface MeasureOptions {
  /** At most, and at least where the time is up before. */
  readonly rounds: number
  readonly leastRounds: number
  /** For the rounds of one row, after which there are no more than the least, unless they differ. */
  readonly seconds: number
  /** Whether everybody is measured, however long it takes. */
  readonly all: boolean
}

/** How long the calls that are timed in a turn should take at least, so that the clock does not count. */
const TURN_SECONDS = 0.03
/**
 * Whose calls take less begins a turn with one that is not timed. What has run between two turns has filled the caches: the
 * first call then has its weights from memory, which with 1,024 units and one sequence takes up to half as long again.
 */
const REHEARSED_SECONDS = 0.3
/**
 * Peers on one thread have the least turns: they are so much slower that a few tell as much. Who takes this long for a call has
 * fewer still.
 */
const SLOW_SECONDS = 0.7
const SLOW_ROUNDS = 2
const VERY_SLOW_SECONDS = 2
/**
 * How long a row is run before it is measured. Results that nobody keeps are collected some 32 MB at a time: from then on
 * memory serves again, and before that a process has it page by page from the system.
 */
const WARM_SECONDS = 0.3
/**
 * Between turns on several threads: whose turn has ended may still spin for a while, on cores that others need. ONNX Runtime's
 * threads do so for some 40 ms, which after a shorter rest halved the speed of whoever was next.
 */
const REST_MS = 80

/**
 * Where a row's rounds differ, as on machines that others use, it has more of them: until the middle half of the ratios to who
 * is closest is no wider than this share of their median, for up to so many times a row's seconds.
 */
const SETTLED = 0.05
const UNSETTLED_TIMES = 4

interface Turn {
  readonly contestant: Contestant
  readonly calls: number
  readonly rounds: number
  /** Calls before those that are timed. */
  readonly untimed: number
  readonly agreement?: Agreement
  readonly note?: string
  /** By round. */
  readonly times: number[]
}

/** @param contestants gatewise first; @param folder for files of results */
export async function measureRow(
  subject: Subject,
  mode: Mode,
  threads: number,
  contestants: readonly Contestant[],
  limits: Limits | undefined,
  folder: string,
  options: MeasureOptions,
): Promise<Row> {
  const without: Record<string, string> = {}
  const failed: Record<string, string> = {}
  const turns: Turn[] = []
  for (const contestant of contestants) {
    const { id } = contestant.peer
    try {
      const turn = await prepare(
        contestant,
        contestants[0] as Contestant,
        subject,
        mode,
        threads,
        folder,
        options,
      )
      if (typeof turn === 'string') without[id] = turn
      else turns.push(turn)
    } catch (error) {
      failed[id] = (error as Error).message
    }
  }
  const own = turns[0]
  if (own === undefined || own.contestant !== contestants[0]) throw new Error(Object.values(failed)[0])

  const begin = performance.now()
  const enough = (): boolean => {
    const seconds = (performance.now() - begin) / 1000
    return seconds > options.seconds * (settled(own, turns.slice(1)) ? 1 : UNSETTLED_TIMES)
  }
  const rest = threads > 1 ? REST_MS : 0
  limits?.holdToCores(threads)
  const samples: Sample[][] = []
  for (let round = 0; round < options.rounds; round++) {
    if (round >= options.leastRounds && enough()) break
    // The order turns, so that nobody always follows the same one.
    const order = turns.map((_, at) => turns[(at + round) % turns.length] as Turn)
    for (const turn of order) {
      if (round >= turn.rounds || failed[turn.contestant.peer.id] !== undefined) continue
      await setTimeout(rest)
      const beside = turn === own && mode !== 'stream' ? limits : undefined
      const before = await beside?.sample(subject, threads)
      try {
        if (turn.untimed > 0) await turn.contestant.round(turn.untimed)
        turn.times.push(await turn.contestant.round(turn.calls))
      } catch (error) {
        if (turn === own) throw error
        failed[turn.contestant.peer.id] = (error as Error).message
      }
      const after = await beside?.sample(subject, threads)
      if (before !== undefined && after !== undefined) samples.push([before, after])
    }
  }

  const timed = turns.slice(1).filter(({ contestant }) => failed[contestant.peer.id] === undefined)
  const peers = timed.map(({ contestant, times, agreement, note }): [string, PeerRow] => {
    const { forward, gradients } = agreement ?? {}
    return [
      contestant.peer.id,
      {
        seconds: spreadOf(times),
        rounds: times.length,
        ratio: ratioTo(own, times),
        ...(forward === undefined
          ? {}
          : { error: { forward, ...(gradients === undefined ? {} : { gradients }) } }),
        ...(note === undefined ? {} : { note }),
      },
    ]
  })
  const shares = samples.map((pair, round) => sharesBeside(subject, mode, own.times[round] as number, pair))
  return {
    subject,
    mode,
    threads,
    seconds: spreadOf(own.times),
    rounds: own.times.length,
    ...(shares.length === 0 ? {} : { shares: middle(shares) }),
    peers: Object.fromEntries(peers),
    without,
    failed,
  }
}

/** Of a peer's times to gatewise's in the same rounds. */
function ratioTo(own: Turn, times: readonly number[]): Spread {
  return spreadOf(times.map((time, round) => time / (own.times[round] as number)))
}

/** Whether the rounds agree on how gatewise compares with who is closest of those that had a turn in each. */
function settled(own: Turn, others: readonly Turn[]): boolean {
  const [closest] = others
    .filter(({ times }) => times.length === own.times.length)
    .map(({ times }) => ratioTo(own, times))
    .sort((a, b) => a.median - b.median)
  return closest === undefined || closest.high - closest.low <= SETTLED * closest.median
}

/** Makes a row ready, compares its results with gatewise's and sees how long a call takes; or says why there is none. */
async function prepare(
  contestant: Contestant,
  gatewise: Contestant,
  subject: Subject,
  mode: Mode,
  threads: number,
  folder: string,
  { rounds, leastRounds, all }: MeasureOptions,
): Promise<Turn | string> {
  const { peer } = contestant
  if (peer.threads === 'one' && threads > 1) return 'one thread'
  if (peer.threads === 'compared' && threads === 1) return 'compared with more threads only'
  if (!all && flopsOf(subject, mode) > peer.reach) return 'takes too long'
  const row = await contestant.row(mode, peer.threads === 'any' ? threads : 1)
  if (typeof row === 'string') return row
  const file = (id: string): string => join(folder, `${id}.safetensors`)
  const begin = performance.now()
  if (row.same) await contestant.results(file(peer.id))
  else await contestant.round(1)
  const whole = (performance.now() - begin) / 1000
  const agreement =
    row.same && contestant !== gatewise ? compareResults(file(gatewise.peer.id), file(peer.id)) : undefined
  if (agreement?.agrees === false) {
    const { forward, gradients } = agreement
    throw new Error(
      `results differ by ${forward}${gradients === undefined ? '' : `, gradients by ${gradients}`}`,
    )
  }
  const estimate = whole > SLOW_SECONDS && peer.threads === 'one' ? whole : await warmUp(contestant)
  return {
    contestant,
    calls: Math.max(1, Math.ceil(TURN_SECONDS / estimate)),
    untimed: estimate < REHEARSED_SECONDS ? 1 : 0,
    rounds: peer.threads === 'one' ? Math.min(leastRounds, roundsOf(estimate)) : rounds,
    ...(agreement === undefined ? {} : { agreement }),
    ...(row.note === undefined ? {} : { note: row.note }),
    times: [],
  }
}

/** The time of a call, once code, caches and memory are warm. */
async function warmUp(contestant: Contestant): Promise<number> {
  const first = await contestant.round(1)
  if (first > SLOW_SECONDS) return first
  return Math.min(first, await contestant.round(Math.max(3, Math.ceil(WARM_SECONDS / first))))
}

function roundsOf(seconds: number): number {
  if (seconds > VERY_SLOW_SECONDS) return 1
  return seconds > SLOW_SECONDS ? SLOW_ROUNDS : Infinity
}

/** By the mean of what was measured just before and just after. */
function sharesBeside(subject: Subject, mode: Mode, seconds: number, samples: readonly Sample[]): Shares {
  const mean = (of: keyof Sample): number =>
    samples.reduce((sum, sample) => sum + sample[of], 0) / samples.length
  return sharesOf(subject, mode, seconds, { flops: mean('flops'), read: mean('read') })
}

function middle(shares: readonly Shares[]): Shares {
  const of = (key: 'flops' | 'read' | 'bound'): number => median(shares.map((share) => share[key]))
  const reads = shares.filter(({ by }) => by === 'read').length
  return {
    flops: of('flops'),
    read: of('read'),
    bound: of('bound'),
    by: 2 * reads > shares.length ? 'read' : 'FMA',
  }
}
