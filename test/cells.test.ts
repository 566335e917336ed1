/** GRUCell and LSTMCell: a loop written by hand is the layer, step by step and back. */
import { GRUCell, LSTMCell, StateError, type Tensor } from '../lib'
import {
  draw,
  f32,
  gradientsOf,
  makeLayer,
  outputGradients,
  passOptions,
  shapesOf,
  type Drawn,
} from './layer-cases'
import { relativeError } from './reference/finite-differences'
import { refusal } from './refusal'

const [T, B, I, H] = [6, 3, 5, 19]
const forms = [{ kind: 'LSTM' as const }, { kind: 'GRU' as const }, { kind: 'GRU' as const, bias: false }]
const casesOf = forms.map((form) => draw({ ...form, T, B, inputSize: I, hiddenSize: H }, 7))

function cellOf({ form, parameters }: Drawn): GRUCell | LSTMCell {
  const options = { inputSize: I, hiddenSize: H, bias: form.bias ?? true }
  const cell = form.kind === 'LSTM' ? new LSTMCell(options) : new GRUCell(options)
  for (const { name, value } of cell.parameters()) value.data.set(parameters[`${name}_l0`]!)
  return cell
}

const step = (all: Tensor, t: number, width: number): Tensor =>
  f32(all.data.subarray(t * B * width, (t + 1) * B * width), [B, width])

const sum = (a: Tensor, b: Tensor | undefined): Tensor =>
  f32(
    a.data.map((value, i) => value + (b?.data[i] ?? 0)),
    a.shape,
  )

/** Runs the case by cells, forward and back; h of every step, and all gradients. */
function byHand(drawn: Drawn) {
  const cell = cellOf(drawn)
  const input = f32(drawn.input, shapesOf(drawn).input)
  const first = passOptions(drawn)
  let state: { h: Tensor; c?: Tensor } = {
    h: step(first.h0!, 0, H),
    ...(first.c0 && { c: step(first.c0, 0, H) }),
  }
  const steps = Array.from({ length: T }, (_, t) => {
    const made = cell.forward(step(input, t, I), state)
    state = { h: made.h, ...(made.c && { c: made.c }) }
    return made
  })
  const { output, hn, cn } = outputGradients(drawn)
  let back: { h: Tensor; c?: Tensor } = { h: step(hn, 0, H), ...(cn && { c: step(cn, 0, H) }) }
  const inputs: Tensor[] = []
  for (const [t, made] of [...steps.entries()].reverse()) {
    const { input: dx, ...rest } = made.backward({ ...back, h: sum(step(output, t, H), back.h) })
    inputs.unshift(dx)
    back = rest
  }
  return { cell, hs: steps.map(({ h }) => [...h.data]).flat(), inputs, back }
}

describe.each(casesOf)('$form.kind, case %#', (drawn) => {
  const layer = makeLayer(drawn)
  const pass = layer.forward(f32(drawn.input, shapesOf(drawn).input), passOptions(drawn))
  const whole = pass.backward(outputGradients(drawn))
  const hand = byHand(drawn)

  test('gives the same bits as the layer at every step', () => {
    expect(hand.hs).toEqual([...pass.output.data])
  })

  // The layer sums over all rows in one chain, the loop adds a sum of B rows per step: the same numbers, rounded
  // elsewhere, by at most √(T·B) · 2⁻²⁴ of the largest.
  test('adds up to the gradients of the layer', () => {
    const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      expect(relativeError(a, b)).toBeLessThan(1e-6)
    close(hand.inputs.map(({ data }) => [...data]).flat(), whole.input.data)
    close(hand.back.h.data, whole.h0.data)
    if (whole.c0) close(hand.back.c!.data, whole.c0.data)
    const expected = gradientsOf(layer)
    for (const [name, grad] of Object.entries(gradientsOf(hand.cell))) close(grad, expected[`${name}_l0`]!)
  })
})

test('the state is zero unless given, and what went in may be overwritten', () => {
  const cell = new LSTMCell({ inputSize: 2, hiddenSize: 3, seed: 4 })
  const input = f32([1, -2, 3, 4], [2, 2])
  const zero = f32(new Float32Array(6), [2, 3])
  const given = cell.forward(input, { h: zero, c: zero })
  const step = cell.forward(input)
  expect([...step.h.data, ...step.c.data]).toEqual([...given.h.data, ...given.c.data])
  const before = [...given.backward({ h: given.h }).input.data]
  input.data.fill(9)
  expect([...step.backward({ h: given.h }).input.data]).toEqual(before)
})

test('has the names of torch.nn.LSTMCell and torch.nn.GRUCell', () => {
  const shapes = (cell: GRUCell | LSTMCell) => cell.parameters().map(({ name, value }) => [name, value.shape])
  expect(shapes(new LSTMCell({ inputSize: 2, hiddenSize: 3 }))).toEqual([
    ['weight_ih', [12, 2]],
    ['weight_hh', [12, 3]],
    ['bias_ih', [12]],
    ['bias_hh', [12]],
  ])
  expect(shapes(new GRUCell({ inputSize: 2, hiddenSize: 3, bias: false }))).toEqual([
    ['weight_ih', [9, 2]],
    ['weight_hh', [9, 3]],
  ])
})

test('says what is wrong', () => {
  const gru = new GRUCell({ inputSize: 2, hiddenSize: 3 })
  const input = f32([1, 2], [1, 2])
  expect(refusal(() => gru.forward(f32([1, 2, 3], [1, 3])))).toMatch(
    'GRUCell.forward: input: expected shape [B, 2]',
  )
  expect(refusal(() => gru.forward(input, { h: f32([1, 2], [1, 2]) }))).toMatch(
    'state.h: expected shape [1, 3]',
  )
  expect(refusal(() => gru.forward(input, { c: f32([1, 2, 3], [1, 3]) } as never))).toMatch('state.c')
  expect(refusal(() => new LSTMCell({ inputSize: 2, hiddenSize: 0 }))).toMatch('LSTMCell: options.hiddenSize')
  const step = gru.forward(input)
  expect(refusal(() => step.backward({ h: input }))).toMatch(
    'GRUCell.backward: gradients.h: expected shape [1, 3]',
  )
  step.release()
  step.release()
  expect(() => step.backward({ h: step.h })).toThrow(StateError)
})
