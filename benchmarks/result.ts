/** What a run has found, as it is written to JSON. */
import type { Mode, Subject } from './cases.js'
import type { Shares } from './limits.js'
import type { Spread } from './statistics.js'

export interface PeerRow {
  /** Of one call, in seconds. */
  readonly seconds: Spread
  readonly rounds: number
  /** How many times gatewise's time it takes: the median over the rounds, each against gatewise in the same round. */
  readonly ratio: Spread
  /** The largest difference to gatewise's results, as a share of the largest number; absent for another model. */
  readonly error?: { readonly forward: number; readonly gradients?: number }
  readonly note?: string
}

export interface Row {
  readonly subject: Subject
  readonly mode: Mode
  readonly threads: number
  readonly seconds: Spread
  readonly rounds: number
  /** Of the machine's limits, measured in the same rounds. */
  readonly shares?: Shares
  readonly peers: Readonly<Record<string, PeerRow>>
  /** Who has no such row, and why. */
  readonly without: Readonly<Record<string, string>>
  /** Whose row ended in an error, or with other results. */
  readonly failed: Readonly<Record<string, string>>
}

/** Per second, of one thread and of all. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly flops: readonly number[]
  readonly read: readonly {
    readonly level: string
    readonly bytes: number
    readonly rates: readonly number[]
  }[]
}

/** Per training step or step of a stream, in the steady state. */
export interface Allocation {
  readonly name: string
  /** By the addon itself, in calls and bytes; absent where that cannot be counted. */
  readonly native?: { readonly calls: number; readonly bytes: number }
  /** In typed arrays, and what of them the caller is handed. */
  readonly arrays: number
  readonly handedOut: number
}

export interface BenchResult {
  readonly date: string
  readonly seconds: number
  readonly gatewise: string
  readonly node: string
  readonly peers: readonly {
    readonly id: string
    readonly title: string
    readonly head: string
    readonly version: string
  }[]
  readonly missing: readonly string[]
  readonly machine?: Machine
  readonly rows: readonly Row[]
  readonly allocations: readonly Allocation[]
}
