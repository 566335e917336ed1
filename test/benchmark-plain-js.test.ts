/** The plain JavaScript that gatewise is measured against is a right one: the core, which shares nothing with it, agrees. */
import { PureGRU } from '../benchmarks/pure-js/gru'
import { PureLSTM } from '../benchmarks/pure-js/lstm'
import type { Arrays, Scan } from '../benchmarks/pure-js/scan'
import { GRU, LSTM, tensor } from '../lib/index'
import { distance, tolerance } from './closeness'
import { Rng } from './reference/rng'

// Sizes that leave rows and columns beside whole tiles, and a batch of one.
const SIZES = [
  { T: 7, B: 5, I: 3, H: 9 },
  { T: 4, B: 1, I: 11, H: 6 },
  { T: 1, B: 8, I: 4, H: 13 },
]

describe.each([
  ['LSTM', LSTM, PureLSTM],
  ['GRU', GRU, PureGRU],
] as const)('%s', (_, Layer, Pure) => {
  test.each(SIZES)('output, states and gradients at %o', (size) => {
    const { T, B, I, H } = size
    const rng = new Rng(17)
    const numbers = (count: number) => Float32Array.from({ length: count }, () => 2 * rng.uniform() - 1)
    const layer = new Layer({ inputSize: I, hiddenSize: H, seed: 3 })
    const [x, gradOutput] = [numbers(T * B * I), numbers(T * B * H)]
    const pass = layer.forward(tensor(x, [T, B, I]))
    const gradients = pass.backward({ output: tensor(gradOutput, [T, B, H]) })

    const [weightIh, weightHh, biasIh, biasHh] = layer.parameters().map(({ value }) => value.data)
    const scan: Scan = new Pure(size, { weightIh, weightHh, biasIh, biasHh } as Arrays)
    scan.forward(x)
    scan.backward(x, gradOutput)
    const { grads } = scan
    const found = [
      scan.output,
      scan.hn,
      scan.gradInput,
      grads.weightIh,
      grads.weightHh,
      grads.biasIh,
      grads.biasHh,
    ]
    const expected = [pass.output, pass.hn, gradients.input, ...layer.parameters().map(({ grad }) => grad)]
    const allowed = 4 * tolerance({ inputSize: I, hiddenSize: H, T, B } as Parameters<typeof tolerance>[0])
    for (const [at, data] of found.entries()) expect(distance(data, expected[at]!.data)).toBeLessThan(allowed)
    if ('cn' in pass) expect(distance(scan.cn!, pass.cn.data)).toBeLessThan(allowed)
  })

  test('goes on from its last state, and adds to gradients', () => {
    const rng = new Rng(5)
    const [I, H] = [3, 10]
    const layer = new Layer({ inputSize: I, hiddenSize: H, seed: 8 })
    const [weightIh, weightHh, biasIh, biasHh] = layer.parameters().map(({ value }) => value.data)
    const values = { weightIh, weightHh, biasIh, biasHh } as Arrays
    const x = Float32Array.from({ length: 2 * I }, () => 2 * rng.uniform() - 1)
    const [whole, steps]: Scan[] = [
      new Pure({ T: 2, B: 1, I, H }, values),
      new Pure({ T: 1, B: 1, I, H }, values),
    ]
    whole!.forward(x)
    steps!.forward(x.subarray(0, I))
    steps!.forward(x.subarray(I), true)
    expect(steps!.hn).toEqual(whole!.hn)

    whole!.backward(x, whole!.output)
    const once = whole!.grads.weightHh.slice()
    whole!.forward(x)
    whole!.backward(x, whole!.output)
    expect(
      distance(
        whole!.grads.weightHh,
        once.map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-6)
  })
})
