/** How far a comparison is, and how it is told and stopped. */
import type { CellName } from './result.js'

/** Where the training is, after a batch. */
export interface Progress {
  readonly cell: CellName
  readonly seed: number
  readonly epoch: number
  readonly epochs: number
  readonly batch: number
  readonly batches: number
  /** Whether the epoch is over. */
  readonly last: boolean
  /** Mean squared error of the epoch so far, in normalised units. */
  readonly loss: number
  /** The share of all training that is done, 0 to 1. */
  readonly done: number
  /** What is left at the pace so far. */
  readonly secondsLeft: number
}

/** What is about to be trained. */
export interface Start {
  readonly name: string
  /** Windows of each part. */
  readonly windows: { readonly train: number; readonly validation: number; readonly test: number }
  /** Steps of a window. */
  readonly steps: number
  readonly models: readonly {
    readonly cell: CellName
    readonly hiddenSize: number
    readonly numLayers: number
    readonly parameters: number
  }[]
  readonly seeds: number
  readonly epochs: number
}

/** Told of every batch, and able to stop. */
export interface CompareHooks {
  /** Ends the training after the present batch; the result then holds what there was by then. */
  readonly signal?: AbortSignal | undefined
  /** Called once, when the data is read and before the first batch. */
  readonly onStart?: ((start: Start) => void) | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** Measures progress over several trainings of equal length. */
export class Progression {
  readonly #began = performance.now()
  readonly #trainings: number
  #finished = 0

  constructor(trainings: number) {
    this.#trainings = trainings
  }

  /** One training is over. */
  next(): void {
    this.#finished++
  }

  /** Adds to where one training is how far all of them are. */
  at(place: Omit<Progress, 'done' | 'secondsLeft'>): Progress {
    // An epoch that ends early is a whole one.
    const inTraining = (place.epoch - 1 + (place.last ? 1 : place.batch / place.batches)) / place.epochs
    const done = (this.#finished + inTraining) / this.#trainings
    const passed = (performance.now() - this.#began) / 1000
    return { ...place, done, secondsLeft: (passed * (1 - done)) / done }
  }
}
