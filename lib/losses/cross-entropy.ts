/** The cross-entropy of logits over classes, in PyTorch's definition with weights, smoothing and ignored rows. */
import { ArgumentError } from '../errors.js'
import { newResult } from '../memory/recycler.js'
import { booleanOption, describe, numberOption, requireInteger, requireOptions, sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { readCounted } from './counted.js'
import { readNumbers, type NumberList } from './number-list.js'
import {
  lossOptions,
  readReduction,
  requireFilled,
  type ElementLossResult,
  type LossOptions,
  type LossResult,
} from './reduction.js'

/** Options of `crossEntropyLoss`. */
export interface CrossEntropyOptions extends LossOptions {
  /** A factor for each class, at least 0; all 1 unless told. */
  weight?: NumberList
  /** The share ε of the target that is spread evenly over all classes, 0 to 1; 0 unless told. */
  labelSmoothing?: number
  /** A target that stands for no class: such rows have loss 0 and gradient 0. −100 unless told. */
  ignoreIndex?: number
  /** Whether the classes are the last axis, as a linear layer gives them, and not the second; false unless told. */
  classesLast?: boolean
}

const WHERE = 'crossEntropyLoss'

const known = [...lossOptions, 'weight', 'labelSmoothing', 'ignoreIndex', 'classesLast'] as const

/**
 * Cross-entropy of logits. With q = softmax of a row's logits over the C classes, y its target, w the weights and
 * ε the smoothing, a row's loss is
 *
 *     (1 − ε)·w_y·(−ln q_y) + (ε / C)·Σ_c w_c·(−ln q_c)
 *
 * and `'mean'` divides the sum by Σ w_y over the rows that count: what `ignoreIndex`, `mask` and `lengths` leave.
 * Where that is 0, the mean is NaN. `mask` and `lengths` speak of the target's shape.
 *
 * @param prediction logits `[N, C]`, `[C]` for one row, or `[N, C, …]` for one row per place of `…`; with
 *   `classesLast`, `[…, C]`
 * @param target the class of each row, a whole number from 0 to C − 1, or `ignoreIndex`: `[N]`, `[]`, `[N, …]`; with
 *   `classesLast`, `[…]`
 * @throws ArgumentError where a shape does not fit, a target is not a class, or an option is out of range
 */
export function crossEntropyLoss(
  prediction: Tensor,
  target: NumberList,
  options: CrossEntropyOptions & { reduction: 'none' },
): ElementLossResult
export function crossEntropyLoss(
  prediction: Tensor,
  target: NumberList,
  options?: CrossEntropyOptions,
): LossResult
export function crossEntropyLoss(
  prediction: Tensor,
  target: NumberList,
  options: CrossEntropyOptions = {},
): LossResult | ElementLossResult {
  const { data: logits, shape } = requireFilled(WHERE, 'prediction', prediction)
  if (shape.length === 0) throw new ArgumentError(WHERE, 'prediction', 'at least one axis', 'shape []')
  const axis = classAxis(options, shape)
  const rows = shape.filter((_, other) => other !== axis)
  const classes = shape[axis] as number
  const settings = readOptions(options, classes, rows)
  const targets = readClasses(target, rows, classes, settings)

  // Row r's logit of class c lies at first(r) + c·stride.
  const stride = sizeOf(shape.slice(axis + 1))
  const first = (row: number): number => (row - (row % stride)) * classes + (row % stride)
  const { weight, ignoreIndex, reduction } = settings
  let divisor = 1
  if (reduction === 'mean') {
    divisor = 0
    for (const y of targets) if (y !== ignoreIndex) divisor += weight[y] as number
  }

  const { data: grad } = newResult([logits.length])
  const losses = new Float32Array(reduction === 'none' ? targets.length : 0)
  const row = new Float64Array(classes)
  let sum = 0
  for (const [r, y] of targets.entries()) {
    if (y === ignoreIndex) continue
    const start = first(r)
    for (let c = 0; c < classes; c++) row[c] = logits[start + c * stride] as number
    const loss = differentiateRow(row, y, weight, settings.labelSmoothing)
    for (let c = 0; c < classes; c++) grad[start + c * stride] = (row[c] as number) / divisor
    sum += loss
    if (reduction === 'none') losses[r] = loss
  }
  const result = { loss: sum / divisor, grad: { data: grad, shape: Object.freeze([...shape]) } }
  return reduction === 'none' ? { ...result, losses } : result
}

/** Gives one row's loss, and replaces its logits by the gradient: Σ_c a_c·(q − 1_c), a_c being class c's factor. */
function differentiateRow(row: Float64Array, y: number, weight: Float64Array, smoothing: number): number {
  const classes = row.length
  let largest = -Infinity
  for (const logit of row) largest = Math.max(largest, logit)
  let total = 0
  for (const logit of row) total += Math.exp(logit - largest)
  const logTotal = largest + Math.log(total)

  let loss = 0
  let factors = 0
  const factor = (c: number): number =>
    (weight[c] as number) * ((c === y ? 1 - smoothing : 0) + smoothing / classes)
  for (let c = 0; c < classes; c++) {
    const share = factor(c)
    // A factor of 0 must silence an infinite −ln q, not turn it into NaN.
    if (share !== 0) loss += share * (logTotal - (row[c] as number))
    factors += share
  }
  for (let c = 0; c < classes; c++) row[c] = factors * Math.exp((row[c] as number) - logTotal) - factor(c)
  return loss
}

/** The axis that the classes are. */
function classAxis(options: unknown, shape: readonly number[]): number {
  const given = requireOptions<CrossEntropyOptions>(WHERE, 'options', options, known)
  return booleanOption(WHERE, given, 'classesLast', false) || shape.length === 1 ? shape.length - 1 : 1
}

function readOptions(options: CrossEntropyOptions, classes: number, rows: readonly number[]) {
  const given = requireOptions<CrossEntropyOptions>(WHERE, 'options', options, known)
  const share = (value: number): boolean => value >= 0 && value <= 1
  const weight =
    given.weight === undefined
      ? new Float64Array(classes).fill(1)
      : readNumbers(WHERE, 'options.weight', given.weight, [classes])
  for (const [c, value] of weight.entries()) {
    if (!(value >= 0 && value < Infinity)) {
      throw new ArgumentError(WHERE, `options.weight[${c}]`, 'a finite number of at least 0', describe(value))
    }
  }
  return {
    reduction: readReduction(WHERE, given),
    counted: readCounted(WHERE, given, rows),
    labelSmoothing: numberOption(WHERE, given, 'labelSmoothing', 0, 'a number from 0 to 1', share),
    ignoreIndex:
      given.ignoreIndex === undefined
        ? -100
        : requireInteger(WHERE, 'options.ignoreIndex', given.ignoreIndex, -(2 ** 31)),
    weight,
  }
}

function readClasses(
  target: unknown,
  rows: readonly number[],
  classes: number,
  { ignoreIndex, counted: { flags } }: Pick<ReturnType<typeof readOptions>, 'ignoreIndex' | 'counted'>,
): Float64Array {
  const targets = readNumbers(WHERE, 'target', target, rows)
  for (const [r, y] of targets.entries()) {
    // Padding may hold anything, and is ignored.
    if (flags?.[r] === 0) targets[r] = ignoreIndex
    else if (y !== ignoreIndex && !(Number.isInteger(y) && y >= 0 && y < classes)) {
      const expected = `a class from 0 to ${classes - 1}, or ${ignoreIndex} to ignore`
      throw new ArgumentError(WHERE, `target[${r}]`, expected, describe(y))
    }
  }
  return targets
}
