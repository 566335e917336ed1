/**
 * Loss functions: `(prediction, target, options?)` → `{ loss, grad }`. Exports only; what all of them share stands
 * in losses/reduction.ts.
 */
export {
  bceWithLogitsLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  smoothL1Loss,
  type ElementwiseLoss,
  type HuberOptions,
  type SmoothL1Options,
} from './losses/elementwise.js'
export { pinballLoss, type PinballOptions } from './losses/pinball.js'
export { gaussianNllLoss, type GaussianNllOptions, type VarianceGradient } from './losses/gaussian-nll.js'
export { crossEntropyLoss, type CrossEntropyOptions } from './losses/cross-entropy.js'
export type { CountedOptions } from './losses/counted.js'
export type { NumberList } from './losses/number-list.js'
export type { ElementLossResult, LossOptions, LossResult, Reduction } from './losses/reduction.js'
