/**
 * What the runner and a driver say to each other: one JSON object a line, a request on the driver's stdin and its answer on
 * stdout, in turn. Arrays of numbers go through safetensors files.
 */
import type { Mode, Subject } from './cases.js'

/** The first line of a driver, unasked. */
export type Hello =
  | { readonly version: string }
  /** The peer cannot be loaded; what would install it. */
  | { readonly missing: string }

export type Request =
  /** Reads a subject's numbers; those of the last one are dropped. */
  | { readonly ask: 'open'; readonly subject: Subject; readonly file: string }
  /** Makes a row ready. */
  | { readonly ask: 'row'; readonly mode: Mode; readonly threads: number }
  /** Runs the row once and writes its results to a file. */
  | { readonly ask: 'results'; readonly file: string }
  /** Runs the row so many times. */
  | { readonly ask: 'round'; readonly calls: number }

export type Answer =
  | { readonly done: true }
  /** This peer has no such row. */
  | { readonly refused: string }
  /** The row is ready; whether its model is the same as the others', so that results can be compared. */
  | { readonly same: boolean; readonly note?: string }
  /** Of one call. */
  | { readonly seconds: number }
  | { readonly failed: string }

/**
 * Names in a subject's file: PyTorch's names of the parameters, `input` [T, B, I], and `grad_output` [T, B, dirs·H], the
 * gradient of the loss by the output. Names in a file of results: `output`, `hn`, `cn`, and after training the
 * parameters' gradients under `grad.` and their names, with `grad.input`.
 */
export const INPUT = 'input'
export const GRAD_OUTPUT = 'grad_output'
export const GRAD = 'grad.'
