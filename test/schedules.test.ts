/** Schedules against PyTorch's rates and momenta after every step, resumed at every step, and with wrong arguments. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  Adam,
  CosineAnnealingLR,
  ExponentialLR,
  LBFGS,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  ReduceLROnPlateau,
  SequentialLR,
  SGD,
  StateError,
  StepLR,
  type ScheduleState,
} from '../lib'
import type { Parameter } from '../lib/layers/parameter'
import { failure } from './refusal'

interface Golden {
  name: string
  steps: number
  rates: number[][]
  momenta: number[][]
  metrics: number[] | null
}

const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'schedules.json'), 'utf8')) as Golden[]

const parameter = (name: string): Parameter => ({
  name,
  value: { data: new Float32Array(2), shape: [2] },
  grad: { data: new Float32Array(2), shape: [2] },
})
const groups = () => [{ parameters: [parameter('a')] }, { parameters: [parameter('b')], lr: 0.07 }]
const sgd = () => new SGD(groups(), { lr: 0.3, momentum: 0.5 })
const adam = () => new Adam(groups(), { lr: 0.3 })

type Trained = SGD | Adam
interface Schedule {
  readonly lastEpoch: number
  step(metric?: number): void
  getLastLr(): number[]
  stateDict(): ScheduleState
  loadStateDict(state: ScheduleState): void
}

/** What test/golden/make_schedules.py has, by its names. */
const makers: Record<string, { optimizer: () => Trained; schedule: (optimizer: Trained) => Schedule }> = {
  StepLR: { optimizer: sgd, schedule: (o) => new StepLR(o, { stepSize: 3, gamma: 0.4 }) },
  MultiStepLR: { optimizer: sgd, schedule: (o) => new MultiStepLR(o, { milestones: [2, 5, 5, 9] }) },
  ExponentialLR: { optimizer: sgd, schedule: (o) => new ExponentialLR(o, { gamma: 0.83 }) },
  CosineAnnealingLR: { optimizer: sgd, schedule: (o) => new CosineAnnealingLR(o, { tMax: 7, etaMin: 0.02 }) },
  LinearLR: { optimizer: sgd, schedule: (o) => new LinearLR(o) },
  'LinearLR down': {
    optimizer: sgd,
    schedule: (o) => new LinearLR(o, { startFactor: 0.9, endFactor: 0.2, totalIters: 6 }),
  },
  SequentialLR: {
    optimizer: sgd,
    schedule: (o) =>
      new SequentialLR(o, {
        schedulers: [
          new LinearLR(o, { startFactor: 0.1, totalIters: 4 }),
          new CosineAnnealingLR(o, { tMax: 9, etaMin: 0.01 }),
          new ExponentialLR(o, { gamma: 0.5 }),
        ],
        milestones: [4, 13],
      }),
  },
  OneCycleLR: { optimizer: adam, schedule: (o) => new OneCycleLR(o, { maxLr: [0.5, 0.2], totalSteps: 17 }) },
  'OneCycleLR three lines': {
    optimizer: sgd,
    schedule: (o) =>
      new OneCycleLR(o, {
        maxLr: 0.6,
        epochs: 3,
        stepsPerEpoch: 7,
        pctStart: 0.35,
        annealStrategy: 'linear',
        baseMomentum: 0.7,
        maxMomentum: 0.9,
        divFactor: 10,
        finalDivFactor: 50,
        threePhase: true,
      }),
  },
  'OneCycleLR without momentum': {
    optimizer: sgd,
    schedule: (o) => new OneCycleLR(o, { maxLr: 0.6, totalSteps: 10, pctStart: 0.5, cycleMomentum: false }),
  },
  ReduceLROnPlateau: {
    optimizer: sgd,
    schedule: (o) => new ReduceLROnPlateau(o, { patience: 2, factor: 0.5 }),
  },
  'ReduceLROnPlateau of a maximum': {
    optimizer: sgd,
    schedule: (o) =>
      new ReduceLROnPlateau(o, {
        ...{ mode: 'max', patience: 1, factor: 0.3, threshold: 0.2, thresholdMode: 'abs' },
        ...{ cooldown: 2, minLr: 0.02 },
      }),
  },
}

const momenta = (optimizer: Trained): number[] =>
  optimizer.paramGroups.map((group) => ('betas' in group ? group.betas[0] : group.momentum))

test('every golden schedule has its maker', () => {
  expect(Object.keys(makers).sort()).toEqual(golden.map(({ name }) => name).sort())
})

describe.each(golden)('$name', ({ name, steps, rates, momenta: expectedMomenta, metrics }) => {
  const { optimizer: makeOptimizer, schedule: makeSchedule } = makers[name]!
  // PyTorch multiplies from step to step where a formula has a power: some roundings of float64.
  const close = (values: readonly number[]): number[] =>
    values.map((value) => expect.closeTo(value, 14) as unknown as number)

  test('goes as in PyTorch', () => {
    const optimizer = makeOptimizer()
    const schedule = makeSchedule(optimizer)
    for (let t = 0; t <= steps; t++) {
      if (t > 0) schedule.step(metrics?.[t - 1])
      expect(schedule.lastEpoch).toBe(t)
      expect([t, ...schedule.getLastLr()]).toEqual([t, ...close(rates[t]!)])
      expect([t, ...momenta(optimizer)]).toEqual([t, ...close(expectedMomenta[t]!)])
    }
    optimizer.step()
  })

  test('goes on from its state, which JSON can carry', () => {
    const [optimizer, other] = [makeOptimizer(), makeOptimizer()]
    const schedule = makeSchedule(optimizer)
    other.lr = 0.9
    const copy = makeSchedule(other)
    for (let t = 1; t <= steps; t++) {
      const state = JSON.parse(JSON.stringify(schedule.stateDict())) as ScheduleState
      copy.loadStateDict(state)
      expect(copy.stateDict()).toEqual(state)
      expect(copy.getLastLr()).toEqual(schedule.getLastLr())
      for (const each of [schedule, copy]) each.step(metrics?.[t - 1])
      expect(copy.getLastLr()).toEqual(schedule.getLastLr())
    }
  })

  test('a wrong state is refused whole', () => {
    const optimizer = makeOptimizer()
    const schedule = makeSchedule(optimizer)
    schedule.step(metrics?.[0])
    const good = schedule.stateDict()
    const refuse = (state: unknown, argument: string): void => {
      expect(failure(() => schedule.loadStateDict(state as ScheduleState))).toBe(argument)
      expect(schedule.stateDict()).toEqual(good)
    }
    refuse(null, 'state')
    refuse({ ...good, schedule: 'CyclicLR' }, 'state.schedule')
    refuse({ ...good, scalars: {} }, 'state.scalars.lastEpoch')
    refuse({ ...good, scalars: { ...good.scalars, lastEpoch: 0.5 } }, 'state.scalars.lastEpoch')
    refuse({ ...good, lrs: [0.1] }, 'state.lrs')
    refuse({ ...good, lrs: [0.1, NaN] }, 'state.lrs[1]')
    refuse({ ...good, more: 1 }, 'state.more')
    if (good.schedules !== undefined) {
      refuse({ ...good, schedules: good.schedules.slice(1) }, 'state.schedules')
      refuse({ ...good, schedules: [...good.schedules].reverse() }, 'state.schedule')
    }
  })
})

test('a schedule sets the rate of an LBFGS too', () => {
  const optimizer = new LBFGS([parameter('a')], { lr: 0.8 })
  new StepLR(optimizer, { stepSize: 1, gamma: 0.5 }).step()
  expect(optimizer.lr).toBe(0.4)
})

test('a one-cycle schedule ends', () => {
  const schedule = new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 3 })
  for (let t = 0; t < 3; t++) schedule.step()
  expect(schedule.getLastLr()).toEqual([1 / 25 / 1e4, 1 / 25 / 1e4])
  expect(() => schedule.step()).toThrow(StateError)
  expect(schedule.lastEpoch).toBe(3)
})

test('a NaN is no improvement', () => {
  const schedule = new ReduceLROnPlateau(sgd(), { patience: 0 })
  schedule.step(NaN)
  expect(schedule.getLastLr()[0]).toBeCloseTo(0.03, 15)
})

test('wrong arguments are named', () => {
  const o = sgd()
  const rates = o.paramGroups.map(({ lr }) => lr)
  expect(failure(() => new StepLR({} as never, { stepSize: 1 }))).toBe('optimizer')
  expect(failure(() => new StepLR(o, {} as never))).toBe('options.stepSize')
  expect(failure(() => new StepLR(o, { stepSize: 1, gamma: -1 }))).toBe('options.gamma')
  expect(failure(() => new StepLR(o, null as never))).toBe('options')
  expect(failure(() => new ExponentialLR(o, {} as never))).toBe('options.gamma')
  expect(failure(() => new MultiStepLR(o, { milestones: 3 as never }))).toBe('options.milestones')
  expect(failure(() => new MultiStepLR(o, { milestones: [3, 2] }))).toBe('options.milestones[1]')
  expect(failure(() => new CosineAnnealingLR(o, { tMax: 0 }))).toBe('options.tMax')
  expect(failure(() => new LinearLR(o, { startFactor: 2 }))).toBe('options.startFactor')
  expect(failure(() => new LinearLR(o, { totalIters: 0 }))).toBe('options.totalIters')
  expect(failure(() => new OneCycleLR(o, { maxLr: 1 }))).toBe('options.totalSteps')
  expect(failure(() => new OneCycleLR(o, { maxLr: 1, epochs: 2 }))).toBe('options.stepsPerEpoch')
  expect(failure(() => new OneCycleLR(o, { maxLr: [1], totalSteps: 2 }))).toBe('options.maxLr')
  expect(failure(() => new OneCycleLR(o, { maxLr: [1, NaN], totalSteps: 2 }))).toBe('options.maxLr[1]')
  expect(failure(() => new OneCycleLR(o, { maxLr: 1, totalSteps: 2, annealStrategy: 'x' as never }))).toBe(
    'options.annealStrategy',
  )
  const lbfgs = new LBFGS([parameter('a')])
  expect(failure(() => new OneCycleLR(lbfgs, { maxLr: 1, totalSteps: 2 }))).toBe('optimizer')
  expect(failure(() => new ReduceLROnPlateau(o, { factor: 1 }))).toBe('options.factor')
  expect(failure(() => new ReduceLROnPlateau(o, { patience: -1 }))).toBe('options.patience')
  expect(failure(() => new ReduceLROnPlateau(o).step('1' as never))).toBe('metric')
  const one = (optimizer: SGD) => new StepLR(optimizer, { stepSize: 1 })
  const sequential = (schedulers: unknown, milestones: unknown) => (): unknown =>
    new SequentialLR(o, { schedulers: schedulers as never, milestones: milestones as never })
  expect(failure(sequential([], []))).toBe('options.schedulers')
  expect(failure(sequential([one(o), new ReduceLROnPlateau(o)], [1]))).toBe('options.schedulers[1]')
  expect(failure(sequential([one(o), one(sgd())], [1]))).toBe('options.schedulers[1]')
  expect(failure(sequential([one(o), one(o)], [1, 2]))).toBe('options.milestones')
  expect(o.paramGroups.map(({ lr }) => lr)).toEqual(rates)
})
