/** Small tasks for the tests of `fit`: noise goes in, and a filtered sum of it is to come out. */
import * as lib from '../lib'
import type { Adam, FitData, FitOptions, FitResult, Model, Sequential, Tensor } from '../lib'
import { f32 } from './layer-cases'
import { Rng } from './reference/rng'

export const [STEPS, SEQUENCES, FEATURES] = [7, 13, 3]

/** Noise [T, N, I], and the running mean of each sequence's features [T, N, 1]. */
export function filterTask(seed: number, sequences = SEQUENCES): { input: Tensor; target: Tensor } {
  const input = f32(new Rng(seed).normals(STEPS * sequences * FEATURES), [STEPS, sequences, FEATURES])
  const target = new Float32Array(STEPS * sequences)
  for (let t = 0; t < STEPS; t++) {
    for (let n = 0; n < sequences; n++) {
      const place = t * sequences + n
      const sum = input.data.subarray(place * FEATURES, (place + 1) * FEATURES).reduce((a, b) => a + b, 0)
      target[place] = 0.7 * (t === 0 ? 0 : target[place - sequences]!) + 0.3 * sum
    }
  }
  return { input, target: { data: target, shape: [STEPS, sequences, 1] } }
}

/** Two layers with dropout between them, and a head. The same values every time; `from` is this library or the built one. */
export function filterModel(dropout = 0.2, { GRU, Linear, sequential } = lib): Sequential {
  return sequential(
    new GRU({ inputSize: FEATURES, hiddenSize: 5, numLayers: 2, dropout, seed: 11 }),
    new Linear({ inFeatures: 5, outFeatures: 1, seed: 12 }),
  )
}

export const adam = (model: Pick<Sequential, 'parameters'>, lr = 0.01): Adam =>
  new lib.Adam(model.parameters(), { lr })

/** Copies of all values, to compare bit by bit. */
export function bits(model: Pick<Sequential, 'parameters'>): Uint32Array[] {
  return model.parameters().map(({ value }) => new Uint32Array(value.data.slice().buffer))
}

/** The sequences of [T, N, …] with the given indices. */
export function sequencesOf({ data, shape }: Tensor, chosen: readonly number[]): Tensor {
  const [steps = 0, all = 0, width = 0] = shape
  const rows = Array.from({ length: steps }, (_, t) =>
    chosen.map((n) => [...data.subarray((t * all + n) * width, (t * all + n + 1) * width)]),
  )
  return f32(rows.flat(2), [steps, chosen.length, width])
}

/** `fit` in this thread: a worker is made of the built files, not of these. */
export const fitHere = (model: Model, data: FitData, options: FitOptions): Promise<FitResult> =>
  lib.fit(model, data, { thread: 'caller', ...options })
