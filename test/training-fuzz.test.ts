/** Whatever comes in, losses, optimisers and schedules work or refuse with an error of the package; drawn at random. */
import fc from 'fast-check'
import {
  Adam,
  AdamW,
  ArgumentError,
  bceWithLogitsLoss,
  clipGradNorm,
  clipGradValue,
  CosineAnnealingLR,
  crossEntropyLoss,
  ExponentialLR,
  ExponentialMovingAverage,
  gaussianNllLoss,
  huberLoss,
  LinearLR,
  mseLoss,
  MultiStepLR,
  OneCycleLR,
  pinballLoss,
  ReduceLROnPlateau,
  RMSprop,
  SequentialLR,
  SGD,
  smoothL1Loss,
  StepLR,
} from '../lib'
import type { Parameter } from '../lib/layers/parameter'

function orRefusal<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    return undefined
  }
}

const junk = fc.oneof(
  fc.anything({ withBigInt: true, withTypedArray: true, withSparseArray: true, withNullPrototype: true }),
  fc.constantFrom(NaN, Infinity, -0, -1, 0, 0.5, 1, 2 ** 31, 2 ** 53, null, undefined, true, 'mean', 'min'),
)

/** Some of the named options, with anything as a value. */
const optionsOf = (...names: string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 1, arbitrary: junk },
    { weight: 9, arbitrary: fc.dictionary(fc.constantFrom(...names), junk, { maxKeys: 3 }) },
  )

const parameters = (): Parameter[] =>
  [2, 3].map((size, index) => ({
    name: `p${index}`,
    value: { data: new Float32Array(size).fill(1), shape: [size] },
    grad: { data: new Float32Array(size).fill(0.5), shape: [size] },
  }))

const run = (name: string, options: fc.Arbitrary<unknown>, call: (given: never) => unknown): void => {
  test(name, () => fc.assert(fc.property(options, (given) => void orRefusal(() => call(given as never)))))
}

describe('losses', () => {
  const shape = [2, 3, 2]
  const make = (of: readonly number[]) => ({
    data: new Float32Array(of.reduce((a, b) => a * b, 1)).fill(0.3),
    shape: of,
  })
  const [p, t] = [make(shape), make([2, 3])]
  const shared = ['reduction', 'mask', 'lengths', 'batchFirst']
  for (const [name, own, loss] of [
    ['mseLoss', [], (given) => mseLoss(p, p, given)],
    ['huberLoss', ['delta'], (given) => huberLoss(p, p, given)],
    ['smoothL1Loss', ['beta'], (given) => smoothL1Loss(p, p, given)],
    ['bceWithLogitsLoss', [], (given) => bceWithLogitsLoss(p, p, given)],
    ['pinballLoss', ['quantile', 'quantiles'], (given) => pinballLoss(p, t, given)],
    ['gaussianNllLoss', ['variance', 'full', 'eps'], (given) => gaussianNllLoss(p, t, given)],
    [
      'crossEntropyLoss',
      ['weight', 'labelSmoothing', 'ignoreIndex', 'classesLast'],
      (given) => crossEntropyLoss(p, [0, 1, 1, 0], given),
    ],
  ] as [string, string[], (given: never) => unknown][]) {
    run(name, optionsOf(...shared, ...own), loss)
    run(`${name} of junk`, fc.tuple(junk, junk), ([first, second]: [never, never]) =>
      name === 'crossEntropyLoss' ? crossEntropyLoss(first, second) : mseLoss(first, second),
    )
  }
})

describe('optimisers', () => {
  for (const [name, Optimizer, names] of [
    ['SGD', SGD, ['lr', 'momentum', 'dampening', 'nesterov', 'weightDecay']],
    ['Adam', Adam, ['lr', 'betas', 'eps', 'weightDecay', 'amsgrad']],
    ['AdamW', AdamW, ['lr', 'betas', 'eps', 'weightDecay', 'amsgrad']],
    ['RMSprop', RMSprop, ['lr', 'alpha', 'eps', 'weightDecay', 'momentum', 'centered']],
  ] as const) {
    run(`${name} with any options`, optionsOf(...names), (given) => new Optimizer(parameters(), given).step())
    run(`${name} with any groups`, fc.array(optionsOf('parameters', ...names)), (given) =>
      new Optimizer(given).step(),
    )
    run(`${name} with any group of its own`, optionsOf(...names), (given: object) =>
      new Optimizer([{ parameters: parameters(), ...given }]).step(),
    )
    run(`${name} with any state`, optionsOf('optimizer', 'groups', 'scalars', 'buffers'), (given: object) => {
      const optimizer = new Optimizer(parameters())
      optimizer.loadStateDict({ ...optimizer.stateDict(), ...given })
    })
  }
  run('clipGradNorm', fc.tuple(junk, junk), ([list, limit]: [never, never]) => {
    orRefusal(() => clipGradNorm(list, 1))
    clipGradNorm(parameters(), limit)
  })
  run('clipGradValue', fc.tuple(junk, junk), ([list, limit]: [never, never]) => {
    orRefusal(() => clipGradValue(list, 1))
    clipGradValue(parameters(), limit)
  })
  run('ExponentialMovingAverage', optionsOf('decay', 'warmUp'), (given) =>
    new ExponentialMovingAverage(parameters(), given).update(),
  )
})

describe('schedules', () => {
  const optimizer = () => new SGD(parameters(), { lr: 0.1 })
  interface Made {
    step(metric?: number): void
    stateDict(): object
    loadStateDict(state: never): void
  }
  for (const [Schedule, names] of [
    [StepLR, ['stepSize', 'gamma']],
    [MultiStepLR, ['milestones', 'gamma']],
    [ExponentialLR, ['gamma']],
    [CosineAnnealingLR, ['tMax', 'etaMin']],
    [LinearLR, ['startFactor', 'endFactor', 'totalIters']],
    [OneCycleLR, ['maxLr', 'totalSteps', 'epochs', 'stepsPerEpoch', 'pctStart', 'threePhase', 'divFactor']],
    [ReduceLROnPlateau, ['mode', 'factor', 'patience', 'threshold', 'cooldown', 'minLr', 'eps']],
    [SequentialLR, ['schedulers', 'milestones']],
  ] as [new (optimizer: SGD, options: never) => Made, string[]][]) {
    run(`${Schedule.name} with any options`, optionsOf(...names), (given) =>
      new Schedule(optimizer(), given).step(1),
    )
    run(`${Schedule.name} of anything`, junk, (given) => new Schedule(given, {} as never))
  }
  run('a state that is anything', optionsOf('schedule', 'options', 'scalars', 'lrs'), (given: object) => {
    for (const schedule of [
      new StepLR(optimizer(), { stepSize: 2 }),
      new OneCycleLR(optimizer(), { maxLr: 1, totalSteps: 9 }),
      new ReduceLROnPlateau(optimizer()),
    ]) {
      orRefusal(() => schedule.loadStateDict({ ...schedule.stateDict(), ...given }))
    }
  })
})
