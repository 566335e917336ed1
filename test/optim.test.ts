/** SGD, Adam, AdamW, RMSprop against their formulas, and with arguments that are wrong. */
import type { Parameter } from '../lib/layers/parameter'
import { Adam, AdamW } from '../lib/optim/adam'
import { RMSprop } from '../lib/optim/rmsprop'
import { SGD } from '../lib/optim/sgd'
import type { OptimizerState } from '../lib/optim/state'
import { relativeError } from './reference/finite-differences'
import { Rng } from './reference/rng'
import { failure } from './refusal'

const sizes = [3, 7, 1]

function randomParameters(rng: Rng): Parameter[] {
  return sizes.map((size, index) => ({
    name: `p${index}`,
    value: { data: Float32Array.from(rng.normals(size)), shape: [size] },
    grad: { data: new Float32Array(size), shape: [size] },
  }))
}

const flat = (parameters: readonly Parameter[]): number[] =>
  parameters.flatMap(({ value }) => [...value.data])

function setGradients(parameters: readonly Parameter[], rng: Rng): number[] {
  for (const { grad } of parameters) grad.data.set(rng.normals(grad.data.length, 0.3))
  return parameters.flatMap(({ grad }) => [...grad.data])
}

interface Trained {
  lr: number
  step(): void
  zeroGrad(): void
  stateDict(): OptimizerState
  loadStateDict(state: OptimizerState): void
}

/** One number's update, in float64 from the gradients of all steps so far, straight from the definition. */
type Formula = (x: number, gradients: readonly number[]) => number

/** Σ wᵏ·gₜ₋ₖ, the latest gradient first: what every running mean is, written out. */
const decayed = (weight: number, gradients: readonly number[], f: (g: number) => number = (g) => g): number =>
  gradients.reduce((sum, g) => sum * weight + f(g), 0)

const square = (g: number): number => g * g

const cases: { name: string; make: (parameters: Parameter[]) => Trained; formula: Formula }[] = [
  {
    name: 'SGD with its defaults',
    make: (p) => new SGD(p),
    formula: (x, g) => x - 1e-3 * g.at(-1)!,
  },
  {
    name: 'SGD with momentum and dampening',
    make: (p) => new SGD(p, { lr: 0.1, momentum: 0.8, dampening: 0.3 }),
    formula: (x, g) => x - 0.1 * (0.8 ** (g.length - 1) * g[0]! + 0.7 * decayed(0.8, g.slice(1))),
  },
  {
    name: 'SGD with Nesterov momentum',
    make: (p) => new SGD(p, { lr: 0.1, momentum: 0.8, nesterov: true }),
    formula: (x, g) => x - 0.1 * (g.at(-1)! + 0.8 * decayed(0.8, g)),
  },
  {
    name: 'Adam with its defaults',
    make: (p) => new Adam(p),
    formula: (x, g) => {
      const m = (0.1 * decayed(0.9, g)) / (1 - 0.9 ** g.length)
      const v = (0.001 * decayed(0.999, g, square)) / (1 - 0.999 ** g.length)
      return x - (1e-3 * m) / (Math.sqrt(v) + 1e-8)
    },
  },
  {
    name: 'Adam with amsgrad and a large eps',
    make: (p) => new Adam(p, { lr: 0.02, betas: [0.7, 0.5], eps: 0.1, amsgrad: true }),
    formula: (x, g) => {
      const m = (0.3 * decayed(0.7, g)) / (1 - 0.7 ** g.length)
      const v = g.map((_, t) => 0.5 * decayed(0.5, g.slice(0, t + 1), square))
      return x - (0.02 * m) / (Math.sqrt(Math.max(...v) / (1 - 0.5 ** g.length)) + 0.1)
    },
  },
  {
    name: 'AdamW with its defaults',
    make: (p) => new AdamW(p),
    formula: (x, g) => {
      const m = (0.1 * decayed(0.9, g)) / (1 - 0.9 ** g.length)
      const v = (0.001 * decayed(0.999, g, square)) / (1 - 0.999 ** g.length)
      return x * (1 - 1e-3 * 1e-2) - (1e-3 * m) / (Math.sqrt(v) + 1e-8)
    },
  },
  {
    name: 'RMSprop with its defaults',
    make: (p) => new RMSprop(p),
    formula: (x, g) => x - (1e-2 * g.at(-1)!) / (Math.sqrt(0.01 * decayed(0.99, g, square)) + 1e-8),
  },
  {
    name: 'RMSprop centred, with momentum',
    make: (p) => new RMSprop(p, { lr: 0.02, alpha: 0.6, eps: 0.05, momentum: 0.7, centered: true }),
    formula: (x, g) => {
      const directions = g.map((latest, t) => {
        const upTo = g.slice(0, t + 1)
        const mean = 0.4 * decayed(0.6, upTo)
        return latest / (Math.sqrt(0.4 * decayed(0.6, upTo, square) - mean * mean) + 0.05)
      })
      return x - 0.02 * decayed(0.7, directions)
    },
  },
]

describe('updates', () => {
  test.each(cases)('$name', ({ make, formula }) => {
    const rng = new Rng(21)
    const parameters = randomParameters(rng)
    const optimizer = make(parameters)
    const history: number[][] = []
    for (let step = 0; step < 6; step++) {
      const before = flat(parameters)
      history.push(setGradients(parameters, rng))
      optimizer.step()
      const expected = before.map((x, i) =>
        formula(
          x,
          history.map((gradients) => gradients[i]!),
        ),
      )
      const moved = flat(parameters).map((x, i) => x - before[i]!)
      const wanted = expected.map((x, i) => x - before[i]!)
      // The move is a difference of float32 numbers of size 3 at most, half a last place of which is 1.2e-7; the
      // buffers' rounding is of the size of 1e-7 of the move.
      for (const [i, move] of wanted.entries()) {
        expect(Math.abs(moved[i]! - move)).toBeLessThan(1.5e-7 + 1e-6 * Math.abs(move))
      }
    }
  })

  test('weight decay is added to the gradient, in AdamW to the value alone', () => {
    const decay = 0.3
    for (const make of [
      (p: Parameter[], weightDecay: number) => new SGD(p, { lr: 0.1, momentum: 0.5, weightDecay }),
      (p: Parameter[], weightDecay: number) => new Adam(p, { lr: 0.1, weightDecay }),
      (p: Parameter[], weightDecay: number) => new RMSprop(p, { lr: 0.1, weightDecay }),
    ]) {
      const [decayedOnes, plainOnes] = [randomParameters(new Rng(22)), randomParameters(new Rng(22))]
      for (const { grad, value } of plainOnes) grad.data.set(value.data.map((x) => decay * x))
      make(decayedOnes, decay).step()
      make(plainOnes, 0).step()
      expect(relativeError(flat(decayedOnes), flat(plainOnes))).toBeLessThan(1e-6)
    }
    const alone = randomParameters(new Rng(23))
    const before = flat(alone)
    new AdamW(alone, { lr: 0.1, weightDecay: decay }).step()
    expect(flat(alone)).toEqual(before.map((x) => Math.fround(x * Math.fround(1 - 0.1 * decay))))
  })

  test('a steady gradient does not bring centred RMSprop to a NaN', () => {
    const parameters = randomParameters(new Rng(24))
    const optimizer = new RMSprop(parameters, { centered: true, alpha: 0.5, eps: 1 })
    for (const { grad } of parameters) grad.data.fill(0.1234567)
    for (let step = 0; step < 200; step++) optimizer.step()
    expect(flat(parameters).every(Number.isFinite)).toBe(true)
  })

  test('gradients are left as they are, and zeroGrad clears them', () => {
    const parameters = randomParameters(new Rng(25))
    const gradients = setGradients(parameters, new Rng(26))
    const optimizer = new Adam(parameters, { weightDecay: 0.1 })
    optimizer.step()
    expect(parameters.flatMap(({ grad }) => [...grad.data])).toEqual(gradients)
    optimizer.zeroGrad()
    expect(parameters.flatMap(({ grad }) => [...grad.data])).toEqual(gradients.map(() => 0))
  })

  test('parameters and the learning rate may be written between steps', () => {
    const parameters = randomParameters(new Rng(27))
    const optimizer = new SGD(parameters, { lr: 0.5 })
    optimizer.step()
    parameters[0]!.value.data.set([1, 2, 3])
    parameters[0]!.grad.data.set([1, 1, 1])
    optimizer.lr = 0.25
    optimizer.step()
    expect([...parameters[0]!.value.data]).toEqual([0.75, 1.75, 2.75])
    expect(() => (optimizer.lr = -1)).toThrow('SGD: lr: expected a finite number of at least 0, received -1')
    expect(optimizer.lr).toBe(0.25)
  })
})

describe('states', () => {
  test.each(cases)('$name: a copy goes on to the bit', ({ make }) => {
    const [first, second] = [randomParameters(new Rng(31)), randomParameters(new Rng(31))]
    const original = make(first)
    for (let step = 0; step < 3; step++) {
      setGradients(first, new Rng(32 + 100 * step))
      original.step()
    }
    const state = structuredClone(original.stateDict())
    for (const [i, { value }] of first.entries()) second[i]!.value.data.set(value.data)

    const copy = make(second)
    copy.lr = 99
    copy.loadStateDict(state)
    expect(copy.stateDict()).toEqual(state)
    expect(copy.lr).toBe(original.lr)
    for (let step = 0; step < 3; step++) {
      setGradients(first, new Rng(33 + step))
      setGradients(second, new Rng(33 + step))
      original.step()
      copy.step()
    }
    expect(flat(second)).toEqual(flat(first))
    // What was loaded is the caller's own still.
    expect(state.scalars.step).toBe(3)
    expect(copy.stateDict()).not.toEqual(state)
  })

  test('options that need other buffers come with the state', () => {
    const parameters = randomParameters(new Rng(34))
    setGradients(parameters, new Rng(35))
    const original = new SGD(parameters, { momentum: 0.9 })
    original.step()
    const plain = new SGD(parameters)
    expect(plain.stateDict().buffers).toEqual({})
    plain.loadStateDict(original.stateDict())
    expect(plain.stateDict()).toEqual(original.stateDict())
    expect(Object.keys(plain.stateDict().buffers)).toEqual(['momentum.0', 'momentum.1', 'momentum.2'])
  })

  test('a wrong state is refused whole, and the entry named', () => {
    const parameters = randomParameters(new Rng(36))
    setGradients(parameters, new Rng(37))
    const optimizer = new Adam(parameters)
    optimizer.step()
    const good = optimizer.stateDict()
    const refuse = (change: object | null, argument: string): void => {
      expect(
        failure(() => optimizer.loadStateDict(change === null ? (null as never) : { ...good, ...change })),
      ).toBe(argument)
      expect(optimizer.stateDict()).toEqual(good)
    }
    const { 'expAvg.1': dropped, ...rest } = good.buffers
    refuse(null, 'state')
    refuse({ optimizer: 'AdamW' }, 'state.optimizer')
    refuse({ buffers: rest }, 'state.buffers.expAvg.1')
    refuse({ buffers: { ...good.buffers, 'expAvg.3': dropped } }, 'state.buffers.expAvg.3')
    refuse({ buffers: { ...good.buffers, 'expAvg.0': dropped } }, 'state.buffers.expAvg.0')
    refuse({ buffers: { ...good.buffers, 'expAvg.1': [...dropped!] } }, 'state.buffers.expAvg.1')
    refuse({ buffers: undefined }, 'state.buffers')
    refuse({ scalars: { step: NaN } }, 'state.scalars.step')
    refuse({ scalars: { step: 1, more: 2 } }, 'state.scalars.more')
    const { options, parameters: count } = good.groups[0]!
    const withOptions = (changed: object): object => ({
      groups: [{ parameters: count, options: { ...options, ...changed } }],
    })
    refuse(withOptions({ betas: [0.9, 1] }), 'options.betas[1]')
    refuse(withOptions({ amsgrad: true }), 'state.buffers.maxExpAvgSq.0')
    refuse(withOptions({ learningRate: 1 }), 'state.groups[0].options.learningRate')
    refuse({ groups: [] }, 'state.groups')
    refuse({ groups: [...good.groups, ...good.groups] }, 'state.groups')
    refuse({ groups: [{ options, parameters: count - 1 }] }, 'state.groups[0].parameters')
  })
})

describe('wrong arguments', () => {
  test('options are named', () => {
    const p = randomParameters(new Rng(41))
    for (const value of [NaN, -0.1, Infinity, '1', null]) {
      const bad = value as never
      for (const name of ['lr', 'momentum', 'weightDecay']) {
        expect(failure(() => new SGD(p, { [name]: bad }))).toBe(`options.${name}`)
        expect(failure(() => new RMSprop(p, { [name]: bad }))).toBe(`options.${name}`)
      }
      for (const name of ['lr', 'eps', 'weightDecay']) {
        expect(failure(() => new Adam(p, { [name]: bad }))).toBe(`options.${name}`)
        expect(failure(() => new AdamW(p, { [name]: bad }))).toBe(`options.${name}`)
      }
      expect(failure(() => new Adam(p, { betas: [0.9, bad] }))).toBe('options.betas[1]')
      expect(failure(() => new RMSprop(p, { alpha: bad }))).toBe('options.alpha')
    }
    expect(failure(() => new SGD(p, { dampening: NaN }))).toBe('options.dampening')
    expect(failure(() => new SGD(p, { nesterov: 1 as never }))).toBe('options.nesterov')
    expect(failure(() => new SGD(p, { nesterov: true }))).toBe('options.nesterov')
    expect(failure(() => new SGD(p, { nesterov: true, momentum: 0.9, dampening: 0.1 }))).toBe(
      'options.nesterov',
    )
    expect(failure(() => new SGD(p, { learningRate: 1 } as never))).toBe('options.learningRate')
    expect(failure(() => new Adam(p, { betas: [0.9] as never }))).toBe('options.betas')
    expect(failure(() => new Adam(p, { betas: [1, 0.999] }))).toBe('options.betas[0]')
    expect(failure(() => new Adam(p, null as never))).toBe('options')
  })

  test('parameters are named', () => {
    const p = randomParameters(new Rng(42))
    expect(failure(() => new SGD([]))).toBe('parameters')
    expect(failure(() => new SGD({} as never))).toBe('parameters')
    expect(failure(() => new SGD([p[0]!, null as never]))).toBe('parameters[1]')
    expect(failure(() => new SGD([...p, { ...p[1]! }]))).toBe('parameters[3]')
    expect(failure(() => new SGD([{ ...p[0]!, value: undefined as never }]))).toBe('parameters[0].value')
    expect(failure(() => new SGD([{ ...p[0]!, grad: p[1]!.grad }]))).toBe('parameters[0].grad')
    const short = { data: new Float32Array(2), shape: [3] }
    expect(failure(() => new SGD([{ ...p[0]!, value: short }]))).toBe('parameters[0].value.data')
  })

  test('a buffer that was transferred away stops the whole step', () => {
    const p = randomParameters(new Rng(43))
    setGradients(p, new Rng(44))
    const optimizer = new SGD(p, { momentum: 0.5 })
    const before = flat(p.slice(0, 2))
    const { buffer } = p[2]!.value.data
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
    expect(failure(() => optimizer.step())).toBe('parameters[2].value.data')
    expect(flat(p.slice(0, 2))).toEqual(before)
    expect(optimizer.stateDict().scalars.step).toBe(0)
  })
})
