/**
 * Outer steps of L-BFGS on all windows at once. An outer step of up to 20 iterations is taken one iteration at a
 * time: without a line search this visits the same weights, since the optimiser keeps its history from step to
 * step, and interruption and display need not wait for 20 closures.
 */
import type { Windows } from '../data/windows.js'
import { LBFGS } from '../optim/lbfgs.js'
import { LBFGS_ITERATIONS } from './defaults.js'
import { inOrder } from './epochs.js'
import type { Differentiable, EpochPlan, Epochs } from './epochs.js'

// PyTorch's default: an outer step ends early where the loss changes by less.
const LEAST_CHANGE = 1e-9

/** An epoch is an outer step; its training loss is that of its last closure. */
export function* lbfgsEpochs(model: Differentiable, windows: Windows, { lr }: Pick<EpochPlan, 'lr'>): Epochs {
  const optimiser = new LBFGS(model.parameters(), { lr, maxIter: 1 })
  const memory = windows.batch(windows.count)
  windows.fill(memory, inOrder(windows), 0)
  let closureSeconds = 0
  const closure = (): number => {
    const start = performance.now()
    optimiser.zeroGrad()
    const loss = model.addGradients(memory)
    closureSeconds = (performance.now() - start) / 1000
    return loss
  }
  for (;;) {
    let before = Infinity
    for (let last = false, iteration = 1; !last; iteration++) {
      const loss = optimiser.step(closure)
      last = iteration === LBFGS_ITERATIONS || Math.abs(before - loss) < LEAST_CHANGE
      before = loss
      const place = { batch: iteration, batches: LBFGS_ITERATIONS, last }
      yield { loss, windows: windows.count, ...place, closureSeconds }
    }
  }
}
