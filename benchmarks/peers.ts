/** Who takes part, and how their processes are started. */
import { join } from 'node:path'
import { BENCHMARKS } from './gatewise.js'

export interface Peer {
  readonly id: string
  /** In running text, and as the head of a column. */
  readonly title: string
  readonly head: string
  readonly command: readonly string[]
  /**
   * Floating-point operations of one call up to which it is measured: what takes longer would hold everybody up for
   * seconds. `--all` measures it all the same.
   */
  readonly reach: number
  /**
   * JavaScript and WASM have `one` thread: a row on two has nothing to compare with theirs. `compared` runs on one too, but
   * only beside rows that have more.
   */
  readonly threads: 'any' | 'one' | 'compared'
}

const driver = (name: string, ...args: readonly string[]): string[] => [
  process.execPath,
  join(__dirname, 'drivers', `${name}.js`),
  ...args,
]

/** Of which everything is a multiple. */
export const GATEWISE: Peer = {
  id: 'gatewise',
  title: 'gatewise',
  head: 'gatewise',
  command: driver('gatewise'),
  reach: Infinity,
  threads: 'any',
}

/** gatewise on one thread, beside rows on more: the ratio is what the other cores have won. */
export const SINGLE: Peer = {
  ...GATEWISE,
  id: 'single',
  title: 'gatewise on one thread',
  head: '1 thread',
  threads: 'compared',
}

const python = process.env['GATEWISE_BENCH_PYTHON'] ?? 'python3'

export const PEERS: readonly Peer[] = [
  {
    id: 'pytorch',
    title: 'PyTorch',
    head: 'PyTorch',
    command: [python, join(BENCHMARKS, 'drivers', 'pytorch.py')],
    reach: Infinity,
    threads: 'any',
  },
  {
    id: 'onnxruntime',
    title: 'ONNX Runtime',
    head: 'ONNX RT',
    command: driver('onnxruntime'),
    reach: Infinity,
    threads: 'any',
  },
  {
    id: 'pure-js',
    title: 'plain JavaScript',
    head: 'plain JS',
    command: driver('pure-js'),
    reach: 2e10,
    threads: 'one',
  },
  {
    id: 'tfjs-wasm',
    title: 'TensorFlow.js, WASM',
    head: 'tfjs wasm',
    command: driver('tfjs', 'wasm'),
    reach: 1.2e9,
    threads: 'one',
  },
  {
    id: 'tfjs-cpu',
    title: 'TensorFlow.js, CPU',
    head: 'tfjs cpu',
    command: driver('tfjs', 'cpu'),
    reach: 6e7,
    threads: 'one',
  },
  {
    id: 'brain',
    title: 'brain.js',
    head: 'brain.js',
    command: driver('brain'),
    reach: 1e8,
    threads: 'one',
  },
]

/** The build of another checkout, which takes part like any peer: what a change has won, in the same run. */
export function otherCheckout(folder: string): Peer {
  return {
    ...GATEWISE,
    id: 'other',
    title: `gatewise of ${folder}`,
    head: 'other',
    command: driver('gatewise', folder),
  }
}
