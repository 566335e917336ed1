/**
 * What a pass with checkpoints is after forward: as much its own as one without. It may go back twice, with some of the
 * gradients, after changes of the parameters and beside other passes, and gives its memory to the next one.
 */
import { StateError } from '../lib'
import type { CellForwardOptions } from '../lib/layers/recurrent-input'
import type { OutputGradients, RecurrentPass } from '../lib/layers/recurrent-pass'
import { Workspace } from '../lib/memory/workspace'
import {
  backward,
  differentBits,
  draw,
  f32,
  gradientsOf,
  makeLayer,
  outputGradients,
  passOptions,
  resultsOf,
  shapesOf,
  zeroGradients,
  type Drawn,
  type Form,
  type Layer,
  type Named,
} from './layer-cases'

const T = 11
const EVERY = [1, 3, 4, T, T + 1]
const lengths = [4, 11, 1, 8, 7, 9]

const FORMS: Form[] = [
  { kind: 'LSTM', T, B: 3, inputSize: 7, hiddenSize: 18, numLayers: 2 },
  { kind: 'LSTM', T, B: 6, inputSize: 5, hiddenSize: 9, projSize: 4, bidirectional: true, lengths },
  { kind: 'GRU', T, B: 6, inputSize: 5, hiddenSize: 9, numLayers: 2, bidirectional: true, lengths },
  { kind: 'GRU', T, B: 6, inputSize: 7, hiddenSize: 18, lengths, batchFirst: true },
  { kind: 'RNN', T, B: 6, inputSize: 5, hiddenSize: 9, numLayers: 2, lengths },
  {
    kind: 'GRU',
    T,
    B: 3,
    inputSize: 5,
    hiddenSize: 9,
    numLayers: 2,
    more: { seed: 5, dropConnect: 0.3, zoneout: 0.2, recurrentDropout: 0.2, dropout: 0.3 },
  },
]

function run(layer: Layer, drawn: Drawn, more: CellForwardOptions = {}): RecurrentPass {
  return layer.forward(f32(drawn.input, shapesOf(drawn).input), { ...passOptions(drawn), ...more })
}

/** The gradients of one call of backward. */
function back(pass: RecurrentPass, layer: Layer, given: OutputGradients): Named {
  const { input, h0, c0 } = pass.backward(given)
  return {
    'd.input': input.data,
    'd.h0': h0.data,
    ...(c0 && { 'd.c0': c0.data }),
    ...gradientsOf(layer),
  }
}

/** A case of the same parameters and sizes with other input, states and gradients. */
const another = (drawn: Drawn, seed: number): Drawn => ({
  ...draw(drawn.form, seed),
  parameters: drawn.parameters,
})

describe.each(FORMS)('$kind, layers $numLayers, projected $projSize', (form) => {
  const drawn = draw(form, 91)

  /** What `work` gives of a fresh layer is the same with and without checkpoints. */
  const sameAsWhole = (work: (layer: Layer, options: CellForwardOptions) => Named): void => {
    const expected = work(makeLayer(drawn), {})
    for (const checkpointEvery of EVERY) {
      const actual = work(makeLayer(drawn), { checkpointEvery })
      expect([checkpointEvery, differentBits(actual, expected)]).toEqual([checkpointEvery, []])
    }
  }

  test('backward twice, and three times', () => {
    sameAsWhole((layer, options) => {
      const pass = run(layer, drawn, options)
      const rounds = [1, 2, 3].map(() => backward(pass, layer, drawn))
      return Object.fromEntries(
        rounds.flatMap((round, i) => Object.entries(round).map(([name, data]) => [`${name} ${i}`, data])),
      )
    })
  })

  test.each(['output', 'hn', 'cn'] as const)('the gradient of %s alone', (name) => {
    if (name === 'cn' && form.kind !== 'LSTM') return
    sameAsWhole((layer, options) =>
      back(run(layer, drawn, options), layer, { [name]: outputGradients(drawn)[name] }),
    )
  })

  test('no gradient at all', () => {
    sameAsWhole((layer, options) => back(run(layer, drawn, options), layer, {}))
  })

  test('without the gradient of the input', () => {
    sameAsWhole((layer, options) => {
      const { h0, ...others } = run(layer, drawn, options).backward(outputGradients(drawn), { input: false })
      expect(others).not.toHaveProperty('input')
      return { h0: h0.data, ...(others.c0 && { c0: others.c0.data }), ...gradientsOf(layer) }
    })
  })

  test('parameters and arrays that are changed after forward', () => {
    const untouched = makeLayer(drawn)
    const expected = backward(run(untouched, drawn), untouched, drawn)
    sameAsWhole((layer, options) => {
      const input = f32(drawn.input, shapesOf(drawn).input)
      const states = passOptions(drawn)
      const pass = layer.forward(input, { ...states, ...options })
      for (const { value } of layer.parameters()) value.data.forEach((x, i) => (value.data[i] = 0.3 - 2 * x))
      for (const tensor of [input, states.h0, states.c0, pass.output, pass.hn, pass.cn]) {
        tensor?.data.fill(NaN)
      }
      const actual = backward(pass, layer, drawn)
      expect(differentBits(actual, expected)).toEqual([])
      return actual
    })
  })

  test('several passes at once, which go back in any order', () => {
    const cases = [drawn, another(drawn, 92), another(drawn, 93)]
    const wholes = makeLayer(drawn)
    const whole = cases.map((one) => run(wholes, one))
    const parts = makeLayer(drawn)
    const passes = cases.map((one, i) => run(parts, one, { checkpointEvery: [3, 5, 1][i]! }))
    for (const index of [1, 2, 0, 1]) {
      const [expected, actual] = [
        [wholes, whole],
        [parts, passes],
      ].map((pair) => {
        const [layer, all] = pair as [Layer, RecurrentPass[]]
        zeroGradients(layer)
        return { ...resultsOf(all[index]!), ...backward(all[index]!, layer, cases[index]!) }
      })
      expect([index, differentBits(actual!, expected!)]).toEqual([index, []])
    }
  })

  test('memory that one pass leaves serves the next, whatever is in it', () => {
    const take = jest.spyOn(Workspace.prototype, 'take')
    const taken = (): Set<ArrayBufferLike> => {
      const memories = new Set(take.mock.results.map(({ value }) => (value as Float32Array).buffer))
      take.mockClear()
      return memories
    }
    const options = { checkpointEvery: 3 }
    const layer = makeLayer({ ...drawn, form: { ...form, more: { ...form.more, seed: 5 } } })
    const first = run(layer, drawn, options)
    backward(first, layer, drawn)
    const held = taken()
    expect(held.size).toBeGreaterThan(3)
    // While the pass lives, another needs memory of its own.
    const second = run(layer, another(drawn, 94), options)
    const ofSecond = taken()
    expect([...ofSecond].filter((memory) => held.has(memory)).length).toBeLessThan(ofSecond.size)
    first.release()
    second.release()
    for (const memory of [...held, ...ofSecond]) new Float32Array(memory).fill(NaN)
    zeroGradients(layer)
    const third = run(layer, drawn, options)
    const all = { ...resultsOf(third), ...backward(third, layer, drawn) }
    expect([...taken()].filter((memory) => !held.has(memory) && !ofSecond.has(memory))).toEqual([])
    take.mockRestore()

    // The third pass of a fresh layer without checkpoints has the same draws of what is random.
    const fresh = makeLayer({ ...drawn, form: { ...form, more: { ...form.more, seed: 5 } } })
    for (const one of [drawn, another(drawn, 94)]) run(fresh, one).release()
    const whole = run(fresh, drawn)
    expect(differentBits(all, { ...resultsOf(whole), ...backward(whole, fresh, drawn) })).toEqual([])
    for (const ended of [first, second]) expect(() => ended.backward({})).toThrow(StateError)
  })

  test('it holds less in shorter segments', () => {
    const long = draw({ ...form, T: 90, lengths: undefined as never, states: false }, 95)
    const [less, more] = [9, 90].map((checkpointEvery) => {
      const give = jest.spyOn(Workspace.prototype, 'giveAll')
      run(makeLayer(long), long, { checkpointEvery }).release()
      const given = new Set(give.mock.calls.flatMap(([arrays]) => [...arrays]))
      give.mockRestore()
      return [...given].reduce((sum, array) => sum + array.length, 0)
    })
    expect(less! / more!).toBeLessThan(0.7)
  })
})
