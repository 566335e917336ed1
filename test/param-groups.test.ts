/** Parameter groups: options of their own, written between steps, in states, and refused where they are wrong. */
import type { Parameter } from '../lib/layers/parameter'
import { Adam, LBFGS, RMSprop, SGD } from '../lib'
import { Rng } from './reference/rng'
import { failure, refusal } from './refusal'

function randomParameters(seed: number): Parameter[] {
  const rng = new Rng(seed)
  return [3, 5, 2].map((size, index) => ({
    name: `p${index}`,
    value: { data: Float32Array.from(rng.normals(size)), shape: [size] },
    grad: { data: Float32Array.from(rng.normals(size)), shape: [size] },
  }))
}

const values = (parameters: readonly Parameter[]): number[][] =>
  parameters.map(({ value }) => [...value.data])

test('each group goes by its own options, the rest by those for all', () => {
  const [grouped, first, second] = [81, 81, 81].map(randomParameters) as [
    Parameter[],
    Parameter[],
    Parameter[],
  ]
  const optimizer = new Adam(
    [
      { parameters: [grouped[2]!], lr: 0.3, weightDecay: 0.1 },
      { parameters: [grouped[0]!, grouped[1]!], amsgrad: true },
    ],
    { lr: 0.02, betas: [0.8, 0.9] },
  )
  const alone = [
    new Adam([first[2]!], { lr: 0.3, betas: [0.8, 0.9], weightDecay: 0.1 }),
    new Adam(second.slice(0, 2), { lr: 0.02, betas: [0.8, 0.9], amsgrad: true }),
  ]
  for (let step = 0; step < 3; step++) for (const each of [optimizer, ...alone]) each.step()
  expect(values(grouped)).toEqual([...values(second.slice(0, 2)), ...values(first.slice(2))])
  expect(optimizer.parameters.map(({ name }) => name)).toEqual(['p2', 'p0', 'p1'])
})

test('a group shows its options, and takes others between steps', () => {
  const [changed, plain] = [82, 82].map(randomParameters) as [Parameter[], Parameter[]]
  const optimizer = new SGD([{ parameters: changed.slice(0, 2), lr: 0.5 }, { parameters: [changed[2]!] }])
  const [one, two] = optimizer.paramGroups
  expect({ ...two }).toEqual({
    parameters: [changed[2]],
    ...{ lr: 1e-3, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
  })
  expect([optimizer.lr, one!.lr]).toEqual([0.5, 0.5])
  one!.lr = 0.25
  two!.weightDecay = 0.125
  expect([optimizer.lr, two!.lr, two!.weightDecay]).toEqual([0.25, 1e-3, 0.125])
  optimizer.step()
  new SGD(plain.slice(0, 2), { lr: 0.25 }).step()
  new SGD(plain.slice(2), { weightDecay: 0.125 }).step()
  expect(values(changed)).toEqual(values(plain))
  optimizer.lr = 2
  expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([2, 2])
})

test('a momentum may begin and end between steps', () => {
  const p = randomParameters(83)
  const optimizer = new RMSprop(p)
  optimizer.step()
  optimizer.paramGroups[0]!.momentum = 0.9
  optimizer.step()
  expect(Object.keys(optimizer.stateDict().buffers)).toContain('momentum.1')
  optimizer.paramGroups[0]!.momentum = 0
  expect(Object.keys(optimizer.stateDict().buffers)).toEqual(['squareAvg.0', 'squareAvg.1', 'squareAvg.2'])
  optimizer.step()
})

test('a state brings back the options of every group', () => {
  const [first, second] = [84, 84].map(randomParameters) as [Parameter[], Parameter[]]
  const make = (p: Parameter[]): Adam =>
    new Adam([
      { parameters: [p[0]!], lr: 0.1 },
      { parameters: [p[1]!, p[2]!], weightDecay: 0.5 },
    ])
  const [original, copy] = [make(first), make(second)]
  original.paramGroups[1]!.lr = 0.7
  original.step()
  for (const [i, { value }] of first.entries()) second[i]!.value.data.set(value.data)
  copy.loadStateDict(structuredClone(original.stateDict()))
  expect(copy.stateDict()).toEqual(original.stateDict())
  expect(copy.paramGroups[1]!.lr).toBe(0.7)
  original.step()
  copy.step()
  expect(values(second)).toEqual(values(first))

  const other = new Adam([{ parameters: [second[0]!, second[1]!] }, { parameters: [second[2]!] }])
  expect(failure(() => other.loadStateDict(original.stateDict()))).toBe('state.groups[0].parameters')
})

test('wrong groups are named', () => {
  const p = randomParameters(85)
  const bad = (groups: unknown, options?: object): string => failure(() => new Adam(groups as never, options))
  expect(refusal(() => new Adam([{ parameters: [p[0]!], lr: -1 }]))).toBe(
    'Adam: parameters[0]: options.lr: expected a finite number of at least 0, received -1',
  )
  expect(bad([{ parameters: [] }])).toBe('parameters[0].parameters')
  expect(bad([{ parameters: [p[0]] }, p[1]])).toBe('parameters[1].name')
  expect(bad([p[1], { parameters: [p[0]] }])).toBe('parameters[1].value')
  expect(bad([{ parameters: [p[0]] }, null])).toBe('parameters[1]')
  expect(bad([{ parameters: [p[0], p[1]] }, { parameters: [p[2], p[1]] }])).toBe(
    'parameters[1].parameters[1]',
  )
  expect(bad([{ parameters: [p[0]], learningRate: 1 }])).toBe('parameters[0].learningRate')
  expect(bad([{ parameters: [p[0], {}] }])).toBe('parameters[0].parameters[1].value')
  expect(bad([{ parameters: p }], { lr: NaN })).toBe('options.lr')
  expect(failure(() => new LBFGS([{ parameters: [p[0]!] }, { parameters: [p[1]!] }]))).toBe('parameters')
  expect(new LBFGS([{ parameters: p, lr: 0.5 }]).lr).toBe(0.5)
})

test('an option that is written wrong stays as it was', () => {
  const optimizer = new SGD(randomParameters(86), { momentum: 0.9, nesterov: true })
  const [group] = optimizer.paramGroups
  expect(refusal(() => (group!.lr = NaN))).toBe(
    'SGD.paramGroups[0]: options.lr: expected a finite number of at least 0, received NaN',
  )
  expect(failure(() => (group!.momentum = 0))).toBe('options.nesterov')
  expect(() => Object.assign(group!, { learningRate: 1 })).toThrow(TypeError)
  expect([group!.lr, group!.momentum]).toEqual([1e-3, 0.9])
})
