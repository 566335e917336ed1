/**
 * The golden files: cases computed by PyTorch in float64 (inputs and parameters are float32 numbers). This reader
 * keeps float64, and shares nothing with the package's own.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A tensor of a golden file; whatever its dtype was, every value is exact. */
export interface Golden {
  readonly data: Float64Array
  readonly shape: readonly number[]
}

/** A case of the RNN layers: `case: 'rnn'`. */
export interface RnnConfig {
  readonly kind: 'LSTM' | 'GRU'
  readonly T: number
  readonly B: number
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numLayers: number
  readonly bidirectional: boolean
  readonly bias: boolean
  readonly batchFirst: boolean
  readonly projSize: number
  readonly lengths?: readonly number[]
}

/** A training run: `case: 'train'`, and `'lbfgs'`, whose options are PyTorch's names too. */
export interface TrainConfig {
  readonly kind: 'LSTM' | 'GRU'
  readonly optimizer?: 'SGD' | 'Adam' | 'AdamW' | 'RMSprop'
  readonly options: Readonly<Record<string, number | boolean | string | null>>
  readonly clipGradNorm?: number | null
  readonly steps?: number
  readonly T: number
  readonly B: number
  readonly inputSize: number
  readonly hiddenSize: number
  readonly outputSize: number
  readonly numLayers: number
  readonly bidirectional: boolean
}

/** One golden file. */
export interface GoldenCase<Config> {
  readonly config: Config
  /** The tensor of that name; a missing one is an error of the test. */
  get(name: string): Golden
  has(name: string): boolean
  readonly names: readonly string[]
}

const folder = join(__dirname, '..', 'golden')

const readers: Readonly<Record<string, { bytes: number; at: (view: DataView, offset: number) => number }>> = {
  F32: { bytes: 4, at: (view, offset) => view.getFloat32(offset, true) },
  F64: { bytes: 8, at: (view, offset) => view.getFloat64(offset, true) },
  I32: { bytes: 4, at: (view, offset) => view.getInt32(offset, true) },
}

/** The names (without ending) of the golden files that a pattern matches, sorted. Matching none is an error. */
export function goldenNames(pattern: RegExp): string[] {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.safetensors'))
    .map((file) => file.replace('.safetensors', ''))
    .filter((name) => pattern.test(name))
    .sort()
  if (names.length === 0) throw new Error(`no golden file matches ${String(pattern)}`)
  return names
}

/** Where a golden file lies. */
export function goldenPath(name: string): string {
  return join(folder, `${name}.safetensors`)
}

/** Reads a golden file. */
export function readGolden<Config>(name: string): GoldenCase<Config> {
  const file = readFileSync(goldenPath(name))
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const start = 8 + Number(view.getBigUint64(0, true))
  const { __metadata__: metadata, ...entries } = JSON.parse(file.toString('utf8', 8, start)) as {
    readonly __metadata__: { readonly config: string }
  } & Readonly<Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>>

  const tensors = new Map<string, Golden>()
  for (const [key, entry] of Object.entries(entries)) {
    const reader = readers[entry.dtype]
    if (reader === undefined) throw new Error(`${name}: ${key} has dtype ${entry.dtype}`)
    const [begin, end] = entry.data_offsets
    const data = new Float64Array((end - begin) / reader.bytes)
    for (let i = 0; i < data.length; i++) data[i] = reader.at(view, start + begin + i * reader.bytes)
    tensors.set(key, { data, shape: entry.shape })
  }
  return {
    config: JSON.parse(metadata.config) as Config,
    names: [...tensors.keys()],
    has: (key) => tensors.has(key),
    get: (key) => {
      const found = tensors.get(key)
      if (found === undefined) throw new Error(`${name} has no ${key}`)
      return found
    },
  }
}
