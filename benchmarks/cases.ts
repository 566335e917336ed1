/**
 * What is measured. A subject is a layer with its numbers: every driver makes it from the same file. A row is one way of
 * running it: training, inference or a stream, on so many threads.
 */

export type Cell = 'LSTM' | 'GRU'

/** `train` is forward and backward, with all gradients; `infer` forward alone; `stream` one step from call to result. */
export type Mode = 'train' | 'infer' | 'stream'

export interface Subject {
  readonly cell: Cell
  /** Time steps, sequences, features, units. */
  readonly T: number
  readonly B: number
  readonly I: number
  readonly H: number
  readonly layers: number
  readonly bidirectional: boolean
  /** Of the sequences, where they are not all T. */
  readonly lengths?: readonly number[]
}

/** The rows of one subject. */
export interface Case {
  readonly subject: Subject
  readonly modes: readonly Mode[]
  /** Whether the run of `--quick` has it too. */
  readonly quick: boolean
}

const CELLS: readonly Cell[] = ['LSTM', 'GRU']

/** [T, B, I, H] of single layers. */
const SIZES: readonly (readonly [number, number, number, number])[] = [
  [100, 1, 64, 64],
  [100, 1, 256, 256],
  [100, 1, 512, 512],
  [50, 1, 1024, 1024],
  [999, 97, 1, 51],
  [100, 16, 8, 32],
  [50, 32, 64, 128],
  [100, 64, 128, 256],
  [50, 64, 512, 512],
  [35, 20, 650, 650],
  [25, 64, 1024, 1024],
  [2000, 8, 16, 64],
]

const QUICK = ['100,1,256,256', '100,16,8,32', '50,32,64,128']

/** [T, B, I, H], layers, directions, and whether lengths differ. */
const STACKS: readonly (readonly [readonly [number, number, number, number], number, boolean, boolean])[] = [
  [[100, 32, 16, 128], 2, false, false],
  [[100, 16, 40, 96], 1, true, false],
  [[60, 24, 40, 128], 3, true, false],
  [[100, 32, 64, 128], 1, false, true],
]

/** [I, H] of streams at batch 1. */
const STREAMS: readonly (readonly [number, number])[] = [
  [8, 32],
  [64, 128],
]

/** From T / 4 to T, spread evenly, in no order. */
function unequal(T: number, B: number): number[] {
  return Array.from({ length: B }, (_, b) => T - Math.floor((((b * 7) % B) * 0.75 * T) / B))
}

/** All that there is, cell by cell, in the order of the tables. */
export const CASES: readonly Case[] = CELLS.flatMap((cell) => [
  ...SIZES.map(([T, B, I, H]): Case => {
    const subject: Subject = { cell, T, B, I, H, layers: 1, bidirectional: false }
    return { subject, modes: ['train', 'infer'], quick: QUICK.includes(sizeName(subject)) }
  }),
  ...STACKS.map(([[T, B, I, H], layers, bidirectional, differ]): Case => {
    const lengths = differ ? { lengths: unequal(T, B) } : {}
    const subject: Subject = { cell, T, B, I, H, layers, bidirectional, ...lengths }
    return { subject, modes: ['train', 'infer'], quick: layers > 2 }
  }),
  ...STREAMS.map(([I, H]): Case => {
    const subject: Subject = { cell, T: 1, B: 1, I, H, layers: 1, bidirectional: false }
    return { subject, modes: ['stream'], quick: H === 32 }
  }),
])

/** `100,16,8,32`: T, B, I, H. */
export function sizeName({ T, B, I, H }: Subject): string {
  return [T, B, I, H].join(',')
}

/** The size, and what else the subject is: `60,24,40,128 ×3 both ways`. */
export function subjectName(subject: Subject): string {
  const { layers, bidirectional, lengths } = subject
  return [
    sizeName(subject),
    ...(layers > 1 ? [`×${layers}`] : []),
    ...(bidirectional ? ['two ways'] : []),
    ...(lengths === undefined ? [] : ['lengths']),
  ].join(' ')
}

/** One layer, one direction, equal lengths: what every peer has. */
export function isPlain({ layers, bidirectional, lengths }: Subject): boolean {
  return layers === 1 && !bidirectional && lengths === undefined
}

/** Rows that are computed: time steps of all sequences. */
export function stepsOf({ T, B, lengths }: Subject): number {
  return lengths === undefined ? T * B : lengths.reduce((sum, length) => sum + length, 0)
}

export function gatesOf({ cell }: Subject): 3 | 4 {
  return cell === 'LSTM' ? 4 : 3
}

/** Multiplications and additions of the products; those of the activations are left out, as is usual. */
export function flopsOf(subject: Subject, mode: Mode): number {
  const { H, I, layers, bidirectional } = subject
  const directions = bidirectional ? 2 : 1
  let inputs = 0
  for (let layer = 0; layer < layers; layer++) inputs += (layer === 0 ? I : directions * H) + H
  const forward = 2 * stepsOf(subject) * gatesOf(subject) * H * inputs * directions
  return mode === 'train' ? 3 * forward : forward
}
