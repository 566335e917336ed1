/** What `compare` does unless told: one set of values for a file, one for the sine, one for the sine with `--full`. */
import { SINE_PERIOD, SINE_ROWS, SINE_STEPS } from '../data/sine.js'
import type { CellName } from './result.js'

/** Which kind of run a set of defaults is for. */
export type Kind = 'file' | 'sine' | 'full'

/** Values that a run of each kind starts from. */
export interface Defaults {
  readonly optimiser: 'adam' | 'lbfgs'
  readonly window: number
  readonly horizon: number
  readonly hidden: number
  readonly layers: number
  /** Passes over the training part, or outer steps of LBFGS. */
  readonly epochs: number
  /** Windows per update; LBFGS takes all at once. */
  readonly batch: number
  readonly lr: number
  readonly match: 'params' | 'hidden'
  readonly split: readonly [number, number, number]
  readonly period?: number
}

/** The cells that are compared, in the order of their training. */
export const CELLS: readonly CellName[] = ['gru', 'lstm']

/** Iterations within one outer step of LBFGS, as the well-known sine notebook has it. */
export const LBFGS_ITERATIONS = 20

/** The norm beyond which a minibatch's gradient is scaled down, for Adam. */
export const CLIP_NORM = 1

const FILE: Defaults = {
  optimiser: 'adam',
  window: 30,
  horizon: 1,
  hidden: 32,
  layers: 1,
  epochs: 40,
  batch: 32,
  lr: 0.003,
  match: 'params',
  split: [0.7, 0.15, 0.15],
}

/** 197 rows to train on, as the notebook has it; of the three that it tests on, one chooses the epoch here. */
const FULL: Defaults = {
  optimiser: 'lbfgs',
  window: SINE_STEPS - 1,
  horizon: 1,
  hidden: 51,
  layers: 2,
  epochs: 20,
  batch: SINE_ROWS,
  lr: 0.8,
  match: 'hidden',
  split: [197 / SINE_ROWS, 1 / SINE_ROWS, 2 / SINE_ROWS],
  period: Math.round(SINE_PERIOD),
}

/**
 * Twenty rows to train on are enough, since each goes through eight periods; more updates on fewer rows is what
 * brings a free run about in a minute, and it leaves 170 phases to test on.
 */
const SINE: Defaults = { ...FULL, epochs: 12, split: [0.1, 0.05, 0.85] }

/**
 * The defaults of each kind of run. A file compares cells of equal parameter count, the question that a reader
 * with a series has; the sine is defined by its 51 units and keeps them for both.
 */
export const DEFAULTS: Readonly<Record<Kind, Defaults>> = { file: FILE, sine: SINE, full: FULL }
