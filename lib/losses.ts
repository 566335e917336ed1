/**
 * Loss functions: `(prediction, target, options?)` → `{ loss, grad }`. Exports only; what all of them share stands
 * in losses/reduction.ts.
 */
export {
  bceWithLogitsLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  pinballLoss,
  smoothL1Loss,
  type HuberOptions,
  type PinballOptions,
  type SmoothL1Options,
} from './losses/elementwise.js'
export { crossEntropyLoss, type CrossEntropyOptions } from './losses/cross-entropy.js'
export type { NumberList } from './losses/number-list.js'
export type {
  ElementLossResult,
  ElementwiseLoss,
  LossOptions,
  LossResult,
  Reduction,
} from './losses/reduction.js'
