/** L-BFGS, against PyTorch 2.13's answers in float64. */
import { ArgumentError } from '../lib/errors'
import type { Parameter } from '../lib/layers/parameter'
import { Curvature } from '../lib/optim/curvature'
import { LBFGS, type LBFGSOptions } from '../lib/optim/lbfgs'

/** Parameters of the given sizes, filled in order. */
function parametersOf(values: readonly number[], sizes: readonly number[]): Parameter[] {
  let from = 0
  return sizes.map((size, index) => {
    const data = Float32Array.from(values.slice(from, (from += size)))
    const shape = [size]
    return { name: `p${index}`, value: { data, shape }, grad: { data: new Float32Array(size), shape } }
  })
}

/** H. H. Rosenbrock's valley in any number of dimensions, over parameters taken as one vector. */
function rosenbrock(parameters: readonly Parameter[]) {
  const state = { calls: 0 }
  const closure = (): number => {
    state.calls++
    const x = parameters.flatMap(({ value }) => [...value.data])
    const g = x.map(() => 0)
    let loss = 0
    for (let i = 0; i + 1 < x.length; i++) {
      const [a, b] = [x[i]!, x[i + 1]!]
      loss += 10 * (b - a * a) ** 2 + (1 - a) ** 2
      g[i]! += -40 * a * (b - a * a) - 2 * (1 - a)
      g[i + 1]! += 20 * (b - a * a)
    }
    let from = 0
    for (const { grad } of parameters) {
      for (let i = 0; i < grad.data.length; i++) grad.data[i] = g[from++]!
    }
    return loss
  }
  return { closure, state }
}

const start = [-1.2, 1, -0.5, 2, 0.3]
const sizes = [2, 3]

describe('LBFGS on the Rosenbrock function', () => {
  // Losses before each of five steps and after them, and the closure's calls by then.
  const cases: { options: LBFGSOptions; losses: number[]; calls: number[]; iterations: number }[] = [
    {
      options: { lineSearch: 'strongWolfe', maxIter: 4 },
      losses: [200.051, 10.42478, 3.994407, 3.6672, 2.904434, 1.051977],
      calls: [5, 10, 15, 20, 25],
      iterations: 16,
    },
    {
      options: { lineSearch: 'strongWolfe', maxIter: 3, maxEval: 5, lr: 2.5, historySize: 2 },
      losses: [200.051, 4.540553, 3.910703, 3.333071, 1.15211, 0.6698846],
      calls: [4, 10, 15, 21, 26],
      iterations: 12,
    },
    {
      options: { maxIter: 5, lr: 0.05 },
      losses: [200.051, 146.1619, 105.5048, 76.32933, 55.78844, 41.49599],
      calls: [5, 10, 15, 20, 25],
      iterations: 25,
    },
    {
      options: { maxIter: 4, lr: 0.3, historySize: 2 },
      losses: [200.051, 50.39425, 17.47298, 9.193065, 3.649023, 2.222734],
      calls: [4, 8, 12, 16, 20],
      iterations: 20,
    },
    {
      options: { maxIter: 6, maxEval: 3, lr: 0.02 },
      losses: [200.051, 190.4196, 180.9281, 171.6841, 162.7935, 154.2873],
      calls: [3, 6, 9, 12, 15],
      iterations: 10,
    },
    {
      options: { lineSearch: 'strongWolfe', toleranceChange: 1e-2 },
      losses: [200.051, 0.1389359, 0.001408872, 0.001408872, 0.001408872, 0.001408872],
      calls: [25, 31, 32, 33, 34],
      iterations: 28,
    },
    {
      options: { lineSearch: 'strongWolfe', toleranceGrad: 1 },
      losses: [200.051, 0.1389359, 0.05645302, 0.05645302, 0.05645302, 0.05645302],
      calls: [25, 27, 28, 29, 30],
      iterations: 21,
    },
    {
      options: { lineSearch: 'strongWolfe', maxIter: 5, maxEval: 3, lr: 30 },
      losses: [200.051, 105.4456, 105.4456, 105.4456, 105.4456, 105.4456],
      calls: [4, 8, 12, 16, 20],
      iterations: 5,
    },
    {
      options: { maxIter: 4, lr: 1e-3, toleranceChange: 1e-2 },
      losses: [200.051, 199.8048, 199.5571, 199.3029, 199.0443, 198.7828],
      calls: [2, 4, 6, 8, 10],
      iterations: 5,
    },
    {
      options: { lineSearch: 'strongWolfe', maxIter: 8, toleranceChange: 0.1 },
      losses: [200.051, 3.869822, 3.484148, 2.904434, 1.051977, 0.05645302],
      calls: [10, 15, 19, 24, 30],
      iterations: 21,
    },
  ]

  test.each(cases)('$options', ({ options, losses, calls, iterations }) => {
    const parameters = parametersOf(start, sizes)
    const { closure, state } = rosenbrock(parameters)
    const optimizer = new LBFGS(parameters, options)
    const seen: number[] = []
    const counted = calls.map(() => {
      seen.push(optimizer.step(closure))
      return state.calls
    })
    expect(counted).toEqual(calls)
    expect(optimizer.stateDict().scalars.iterations).toBe(iterations)
    expect(optimizer.stateDict().scalars.evaluations).toBe(calls.at(-1))
    seen.push(closure())
    // The parameters are rounded to float32 in every iteration, and the valley's curvature magnifies that: in
    // PyTorch, float32 and float64 differ by up to 2.5e-4 here. A wrong formula changes the first digits.
    for (const [i, loss] of losses.entries()) expect(Math.abs(seen[i]! / loss - 1)).toBeLessThan(5e-4)
  })

  test('needs no gradient that is not there: it stays at a minimum', () => {
    const parameters = parametersOf([1, 1, 1, 1, 1], sizes)
    const { closure, state } = rosenbrock(parameters)
    const optimizer = new LBFGS(parameters, { lineSearch: 'strongWolfe' })
    expect(optimizer.step(closure)).toBe(0)
    expect(state.calls).toBe(1)
    expect(optimizer.stateDict().scalars.iterations).toBe(0)
    expect(parameters.flatMap(({ value }) => [...value.data])).toEqual([1, 1, 1, 1, 1])
  })

  test('parameters may be written between steps: the next starts from there', () => {
    const parameters = parametersOf(start, sizes)
    const { closure } = rosenbrock(parameters)
    const optimizer = new LBFGS(parameters, { lineSearch: 'strongWolfe', maxIter: 4 })
    optimizer.step(closure)
    parameters[1]!.value.data.set([0.25, -0.5, 0.125])
    const expected = closure()
    expect(optimizer.step(closure)).toBe(expected)
    expect(closure()).toBeLessThan(expected)
  })

  test('the learning rate may be set between steps', () => {
    const parameters = parametersOf(start, sizes)
    const { closure } = rosenbrock(parameters)
    const optimizer = new LBFGS(parameters, { maxIter: 1 })
    optimizer.lr = 0
    const before = optimizer.step(closure)
    expect(closure()).toBe(before)
    expect(() => (optimizer.lr = NaN)).toThrow(
      'LBFGS: lr: expected a finite number of at least 0, received NaN',
    )
  })
})

describe('Curvature', () => {
  test('forgets a step that hardly bent the gradient', () => {
    const gradient = Float64Array.of(3, -5)
    const pair = (product: number) => ({ step: Float64Array.of(product, 0), change: Float64Array.of(1, 2) })
    const curvature = new Curvature(3)
    for (const product of [0.9e-10, 0, -1, NaN]) curvature.add(pair(product))
    expect(curvature.pairs).toHaveLength(0)
    expect([...curvature.direction(gradient)]).toEqual([-3, 5])
    curvature.add(pair(1.1e-10))
    expect(curvature.pairs).toHaveLength(1)
  })
})

describe('LBFGS state', () => {
  const run = (options: LBFGSOptions, before: number) => {
    const parameters = parametersOf(start, sizes)
    const { closure } = rosenbrock(parameters)
    const optimizer = new LBFGS(parameters, options)
    for (let i = 0; i < before; i++) optimizer.step(closure)
    return { parameters, closure, optimizer }
  }

  test.each([0, 1, 3])('a copy goes on to the bit, after %i steps', (before) => {
    const options = { lineSearch: 'strongWolfe', maxIter: 3, historySize: 4, lr: 0.7 } as const
    const first = run(options, before)
    const state = structuredClone(first.optimizer.stateDict())
    const second = run({}, 0)
    for (const [i, { value }] of first.parameters.entries()) second.parameters[i]!.value.data.set(value.data)
    second.optimizer.loadStateDict(state)
    expect(second.optimizer.stateDict()).toEqual(state)
    for (let i = 0; i < 3; i++) {
      expect(second.optimizer.step(second.closure)).toBe(first.optimizer.step(first.closure))
    }
    expect(second.parameters.map(({ value }) => value.data)).toEqual(
      first.parameters.map(({ value }) => value.data),
    )
  })

  test('what it gives is a copy, and what it takes is copied', () => {
    const { optimizer, closure } = run({ maxIter: 3, lr: 0.1 }, 1)
    const state = optimizer.stateDict()
    const kept = structuredClone(state)
    optimizer.loadStateDict(state)
    state.buffers.direction!.fill(7)
    expect(optimizer.stateDict()).toEqual(kept)
    optimizer.step(closure)
    expect(state.buffers['step.0']).toEqual(kept.buffers['step.0'])
  })

  test('a wrong state is refused whole, and the entry named', () => {
    const { optimizer } = run({ maxIter: 3, lr: 0.1 }, 1)
    const good = optimizer.stateDict()
    const refuse = (change: object, argument: string): void => {
      let caught: unknown
      try {
        optimizer.loadStateDict({ ...good, ...change })
      } catch (error) {
        caught = error
      }
      expect(caught).toBeInstanceOf(ArgumentError)
      expect((caught as ArgumentError).argument).toBe(argument)
      expect(optimizer.stateDict()).toEqual(good)
    }
    const { direction, gradient, ...history } = good.buffers
    refuse({ optimizer: 'Adam' }, 'state.optimizer')
    refuse({ more: 1 }, 'state.more')
    refuse({ buffers: { ...history, gradient } }, 'state.buffers.direction')
    refuse({ buffers: { ...good.buffers, 'step.9': direction } }, 'state.buffers.step.9')
    refuse({ buffers: { ...good.buffers, direction: new Float64Array(4) } }, 'state.buffers.direction')
    refuse({ buffers: { ...good.buffers, gradient: new Float32Array(5) } }, 'state.buffers.gradient')
    refuse({ buffers: { ...good.buffers, 'step.0': new Float64Array(5) } }, 'state.buffers')
    refuse({ scalars: { ...good.scalars, iterations: -1 } }, 'state.scalars.iterations')
    refuse({ scalars: { ...good.scalars, evaluations: 0.5 } }, 'state.scalars.evaluations')
    refuse({ scalars: { ...good.scalars, historyLength: 3 } }, 'state.scalars.historyLength')
    refuse({ scalars: { ...good.scalars, stepLength: NaN } }, 'state.scalars.stepLength')
    refuse({ scalars: { iterations: 1 } }, 'state.scalars.evaluations')
    const { options } = good.groups[0]!
    const withOptions = (changed: object | null): object => ({
      groups: [{ parameters: 2, options: changed }],
    })
    refuse(withOptions({ ...options, lr: NaN }), 'options.lr')
    refuse(withOptions({ lr: 1 }), 'state.groups[0].options.maxIter')
    refuse(withOptions(null), 'state.groups[0].options')
  })
})

describe('LBFGS with wrong arguments', () => {
  test('options are named', () => {
    const parameters = parametersOf(start, sizes)
    for (const name of [
      'lr',
      'toleranceGrad',
      'toleranceChange',
      'maxIter',
      'maxEval',
      'historySize',
    ] as const) {
      for (const value of [NaN, -1, '1' as never]) {
        expect(() => new LBFGS(parameters, { [name]: value })).toThrow(`LBFGS: options.${name}: expected`)
      }
    }
    for (const name of ['maxIter', 'maxEval', 'historySize']) {
      expect(() => new LBFGS(parameters, { [name]: 0 })).toThrow(
        `LBFGS: options.${name}: expected a whole number`,
      )
    }
    expect(() => new LBFGS(parameters, { lineSearch: 'strong_wolfe' as never })).toThrow(
      `LBFGS: options.lineSearch: expected one of 'strongWolfe', received "strong_wolfe"`,
    )
    expect(() => new LBFGS(parameters, { max_iter: 4 } as never)).toThrow('options.max_iter')
    expect(() => new LBFGS([])).toThrow('LBFGS: parameters: expected at least one parameter')
  })

  test('a closure that is none, or gives no number', () => {
    const optimizer = new LBFGS(parametersOf(start, sizes))
    expect(() => optimizer.step(undefined as never)).toThrow('LBFGS.step: closure: expected a function')
    expect(() => optimizer.step((() => undefined) as never)).toThrow(
      'the result of closure: expected the loss',
    )
    expect(() => optimizer.step((() => Promise.resolve(1)) as never)).toThrow('received a Promise')
  })

  test('a closure that throws during a search leaves the parameters where the search began', () => {
    const parameters = parametersOf(start, sizes)
    const { closure, state } = rosenbrock(parameters)
    const optimizer = new LBFGS(parameters, { lineSearch: 'strongWolfe', maxIter: 20 })
    const stop = new Error('enough')
    const before = parameters.map(({ value }) => value.data.slice())
    expect(() =>
      optimizer.step(() => {
        if (state.calls === 1) throw stop
        return closure()
      }),
    ).toThrow(stop)
    expect(parameters.map(({ value }) => value.data)).toEqual(before)
    expect(optimizer.step(closure)).toBeCloseTo(200.051, 3)
    expect(closure()).toBeLessThan(10)
  })

  test('a buffer that was transferred away', () => {
    const parameters = parametersOf(start, sizes)
    const { closure } = rosenbrock(parameters)
    const optimizer = new LBFGS(parameters)
    const { buffer } = parameters[1]!.grad.data
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
    expect(() => optimizer.step(closure)).toThrow('LBFGS.step: parameters[1].grad.data: expected 3 elements')
  })
})
