/** Every rule of the core against a plain float32 loop of its formula: the same bits on every instruction set and team. */
import type { Parameter } from '../lib/layers/parameter'
import { native } from '../lib/native/load'
import { Adam, AdamW } from '../lib/optim/adam'
import { RMSprop } from '../lib/optim/rmsprop'
import { SGD } from '../lib/optim/sgd'
import { Rng } from './reference/rng'

const { fround: f, sqrt } = Math

const best = native().state()
afterAll(() => {
  native().chooseIsa(best.isa)
  native().setThreads(best.threads)
})

// a·b + c and so on, every operation rounded to float32: float64 has enough digits that rounding twice is rounding once.
const add = (a: number, b: number): number => f(a + b)
const sub = (a: number, b: number): number => f(a - b)
const mul = (a: number, b: number): number => f(a * b)
const div = (a: number, b: number): number => f(a / b)
const root = (a: number): number => f(sqrt(a))

/** One number of a parameter, with what its rule keeps of it. */
interface Place {
  x: number
  readonly own: number[]
}

/** Updates one number by its gradient in step t, from 1. */
type Plain = (place: Place, g: number, t: number) => void

const sgd =
  ({ lr = 1e-3, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }): Plain =>
  (place, g, t) => {
    const d = add(g, mul(f(weightDecay), place.x))
    let direction = d
    if (momentum > 0) {
      const share = f(t === 1 ? 1 : 1 - dampening)
      const v = add(mul(f(momentum), place.own[0]!), mul(share, d))
      place.own[0] = v
      direction = nesterov ? add(d, mul(f(momentum), v)) : v
    }
    place.x = sub(place.x, mul(f(lr), direction))
  }

const adam =
  (
    decoupled: boolean,
    { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = decoupled ? 1e-2 : 0, amsgrad = false },
  ): Plain =>
  (place, g, t) => {
    const [beta1, beta2] = betas as [number, number]
    const d = add(g, mul(f(decoupled ? 0 : weightDecay), place.x))
    const m = add(mul(f(beta1), place.own[0]!), mul(f(1 - beta1), d))
    const v = add(mul(f(beta2), place.own[1]!), mul(mul(f(1 - beta2), d), d))
    const s = amsgrad ? Math.max(place.own[2]!, v) : v
    place.own.splice(0, 3, m, v, s)
    const kept = mul(f(decoupled ? 1 - lr * weightDecay : 1), place.x)
    const divisor = add(mul(root(s), f(1 / sqrt(1 - beta2 ** t))), f(eps))
    place.x = sub(kept, div(mul(f(lr / (1 - beta1 ** t)), m), divisor))
  }

const rmsprop =
  ({ lr = 1e-2, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false }): Plain =>
  (place, g) => {
    const d = add(g, mul(f(weightDecay), place.x))
    const s = add(mul(f(alpha), place.own[0]!), mul(mul(f(1 - alpha), d), d))
    const m = add(mul(f(alpha), place.own[1]!), mul(f(1 - alpha), d))
    let direction = div(d, add(root(centered ? Math.max(0, sub(s, mul(m, m))) : s), f(eps)))
    if (momentum > 0) direction = add(mul(f(momentum), place.own[2]!), direction)
    place.own.splice(0, 3, s, m, direction)
    place.x = sub(place.x, mul(f(lr), direction))
  }

interface Case {
  name: string
  make: (parameters: readonly Parameter[]) => { step(): void }
  plain: Plain
}

const sgdCase = (name: string, options: object): Case => ({
  name: `SGD ${name}`,
  make: (p) => new SGD(p, options),
  plain: sgd(options),
})
const rmspropCase = (name: string, options: object): Case => ({
  name: `RMSprop ${name}`,
  make: (p) => new RMSprop(p, options),
  plain: rmsprop(options),
})
const adamCase = (name: string, options: object): Case => ({
  name: `Adam ${name}`,
  make: (p) => new Adam(p, options),
  plain: adam(false, options),
})

const cases: Case[] = [
  sgdCase('by default', {}),
  sgdCase('with decay', { lr: 0.07, weightDecay: 0.3 }),
  sgdCase('with momentum', { lr: 0.07, momentum: 0.83, dampening: 0.21, weightDecay: 0.013 }),
  sgdCase('with Nesterov', { lr: 0.07, momentum: 0.83, nesterov: true, weightDecay: 0.013 }),
  adamCase('by default', {}),
  adamCase('with decay', { lr: 0.03, betas: [0.71, 0.87], eps: 1e-3, weightDecay: 0.2 }),
  adamCase('with AMSGrad', { lr: 0.03, betas: [0.71, 0.17], weightDecay: 0.2, amsgrad: true }),
  { name: 'AdamW by default', make: (p) => new AdamW(p), plain: adam(true, {}) },
  {
    name: 'AdamW with AMSGrad',
    make: (p) => new AdamW(p, { lr: 0.03, weightDecay: 0.2, amsgrad: true }),
    plain: adam(true, { lr: 0.03, weightDecay: 0.2, amsgrad: true }),
  },
  rmspropCase('by default', {}),
  rmspropCase('with momentum', { lr: 0.03, alpha: 0.77, momentum: 0.6, weightDecay: 0.1 }),
  rmspropCase('centred', { lr: 0.03, alpha: 0.77, eps: 1e-3, centered: true }),
  rmspropCase('centred with momentum', { alpha: 0.3, momentum: 0.6, weightDecay: 0.1, centered: true }),
]

// Below, at and above the vectors of every instruction set, and with a tail after several of them.
const SIZES = [1, 3, 4, 5, 16, 17, 31, 100]
const STEPS = 5

function draw(seed: number, sizes: readonly number[]) {
  const rng = new Rng(seed)
  return {
    parameters: sizes.map((size, index): Parameter => ({
      name: `p${index}`,
      value: { data: Float32Array.from(rng.normals(size)), shape: [size] },
      grad: { data: new Float32Array(size), shape: [size] },
    })),
    // Gradients of many sizes, zeros among them.
    gradient: (): number => f(rng.normal() * 10 ** (rng.integer(6) - 4) * Math.min(1, rng.integer(9))),
  }
}

function run({ make }: Case, seed: number, sizes: readonly number[]): number[] {
  const { parameters, gradient } = draw(seed, sizes)
  const optimizer = make(parameters)
  for (let t = 1; t <= STEPS; t++) {
    for (const { grad } of parameters) grad.data.forEach((_, i) => (grad.data[i] = gradient()))
    optimizer.step()
  }
  return parameters.flatMap(({ value }) => [...value.data])
}

describe.each(best.isas)('%s', (isa) => {
  beforeAll(() => expect(native().chooseIsa(isa)).toBe(true))

  test.each(cases)('$name', (which) => {
    const { parameters, gradient } = draw(71, SIZES)
    const places = parameters.flatMap(({ value }) =>
      Array.from(value.data, (x): Place => ({ x, own: [0, 0, 0] })),
    )
    for (let t = 1; t <= STEPS; t++) for (const place of places) which.plain(place, gradient(), t)
    expect(run(which, 71, SIZES)).toEqual(places.map(({ x }) => x))
  })

  test('a team gives the same bits', () => {
    const sizes = [9001, 8190, 2]
    const { parameters } = draw(72, sizes)
    const first = parameters.map(({ value }) => value.data.slice())
    for (const { make } of cases) {
      const [alone, team] = [1, 3].map((threads) => {
        native().setThreads(threads)
        for (const [p, { value, grad }] of parameters.entries()) {
          value.data.set(first[p]!)
          grad.data.set(first[p]!.map((x) => x / 3))
        }
        const optimizer = make(parameters)
        for (let t = 1; t <= 2; t++) optimizer.step()
        return parameters.map(({ value }) => Buffer.from(value.data.slice().buffer))
      }) as [Buffer[], Buffer[]]
      expect(team.map((bytes, p) => bytes.equals(alone[p]!))).toEqual([true, true, true])
    }
  })
})
