/** Epochs of minibatches with Adam. The order of the windows comes from the seed alone: every cell sees the same. */
import type { Windows } from '../data/windows.js'
import { Adam } from '../optim/adam.js'
import { clipGradNorm } from '../optim/clip.js'
import { Random } from '../random.js'
import { CLIP_NORM } from './defaults.js'
import { inOrder } from './epochs.js'
import type { Differentiable, EpochPlan, Epochs } from './epochs.js'

/** Goes through all windows in a new order each epoch; the last batch of an epoch takes what is left. */
export function* adamEpochs(model: Differentiable, windows: Windows, { lr, batch, seed }: EpochPlan): Epochs {
  const parameters = model.parameters()
  const optimiser = new Adam(parameters, { lr })
  const random = new Random(seed)
  const order = inOrder(windows)
  const size = Math.min(batch, windows.count)
  const whole = windows.batch(size)
  const remainder = windows.batch(windows.count % size)
  const batches = Math.ceil(windows.count / size)
  for (;;) {
    random.shuffle(order)
    let sum = 0
    for (let done = 1; done <= batches; done++) {
      const from = (done - 1) * size
      const count = Math.min(size, windows.count - from)
      const memory = count === size ? whole : remainder
      windows.fill(memory, order, from)
      optimiser.zeroGrad()
      sum += model.addGradients(memory) * count
      clipGradNorm(parameters, CLIP_NORM)
      optimiser.step()
      yield { loss: sum / (from + count), windows: count, batch: done, batches, last: done === batches }
    }
  }
}
