/**
 * What the published types allow, and what they refuse: this file is compiled, never run. `npm run typecheck` does it
 * against dist/, scripts/check-package.sh against the tarball.
 */
import {
  Adam,
  engine,
  GRU,
  GRUCell,
  Linear,
  LSTM,
  LSTMCell,
  mseLoss,
  RNN,
  sequential,
  tensor,
  zeros,
  type GRUOptions,
  type LSTMOptions,
  type LSTMPass,
  type RecurrentPass,
  type Tensor,
} from 'gatewise'

const sizes = { inputSize: 2, hiddenSize: 3 }
const input: Tensor = zeros([4, 5, 2])

// --- What each layer is made with.
const lstm = new LSTM({ ...sizes, projSize: 2, numLayers: 2, bidirectional: true, dropout: 0.1, seed: 1 })
const gru = new GRU({ ...sizes, resetAfter: false, batchFirst: true, bias: false })
const rnn = new RNN({ ...sizes, nonlinearity: 'relu' })
// @ts-expect-error -- a projection is the LSTM's
new GRU({ ...sizes, projSize: 2 })
// @ts-expect-error -- likewise for the plain cell
new RNN({ ...sizes, projSize: 2 })
// @ts-expect-error -- the reset gate is the GRU's
new LSTM({ ...sizes, resetAfter: true })
// @ts-expect-error -- peepholes are the LSTM's
new GRU({ ...sizes, peepholes: true })
// @ts-expect-error -- the plain cell's nonlinearity
new LSTM({ ...sizes, nonlinearity: 'relu' })
// @ts-expect-error -- no such nonlinearity
new RNN({ ...sizes, nonlinearity: 'sigmoid' })
// @ts-expect-error -- hiddenSize is missing
new LSTM({ inputSize: 2 })
// @ts-expect-error -- all options are
new GRU()
// @ts-expect-error -- the name is numLayers
new GRU({ ...sizes, layers: 2 })
// @ts-expect-error -- the name is dropout
new LSTM({ ...sizes, dropOut: 0.5 })
// @ts-expect-error -- a number
new LSTM({ ...sizes, numLayers: '2' })
// @ts-expect-error -- a boolean
new LSTM({ ...sizes, bidirectional: 1 })
// @ts-expect-error -- without its `undefined`
new LSTM({ ...sizes, dropout: undefined })
// @ts-expect-error -- features, not sizes
new Linear({ inputSize: 2, hiddenSize: 3 })

// --- What a call takes and gives.
const pass: LSTMPass = lstm.forward(input, {
  h0: zeros([4, 5, 2]),
  c0: zeros([4, 5, 3]),
  lengths: [4, 4, 2, 1, 1],
})
const c: Tensor = pass.cn
const plain: RecurrentPass = gru.forward(input)
const inferred: Tensor = rnn.infer(input).output
const x: Tensor = pass.backward({ output: pass.output }).input
// @ts-expect-error -- a GRU has no c
gru.forward(input, { c0: zeros([1, 5, 3]) })
// @ts-expect-error -- nor has its pass, for sure
const noCell: Tensor = plain.cn
// @ts-expect-error -- no such gradient
pass.backward({ outputs: pass.output })
// @ts-expect-error -- a tensor has a shape
lstm.forward({ data: new Float32Array(40) })
// @ts-expect-error -- single floats
lstm.forward({ data: new Float64Array(40), shape: [4, 5, 2] })
// @ts-expect-error -- an array is no tensor
lstm.forward([[[1, 2]]])
// @ts-expect-error -- nor is a string in it
tensor([[1], ['2']])
// @ts-expect-error -- read, not written
lstm.options.hiddenSize = 4
// @ts-expect-error -- read, not written
pass.output = input

// --- The rest.
const model = sequential(lstm, new Linear({ inFeatures: 4, outFeatures: 1 }))
const optimizer = new Adam(model.parameters(), { lr: 0.01, betas: [0.9, 0.99] })
const { loss, grad }: { loss: number; grad: Tensor } = mseLoss(inferred, inferred, { reduction: 'sum' })
// @ts-expect-error -- momentum is SGD's
new Adam(model.parameters(), { lr: 0.01, momentum: 0.9 })
// @ts-expect-error -- no such reduction
mseLoss(inferred, inferred, { reduction: 'average' })
// @ts-expect-error -- an optimizer has parameters
new Adam(model)
// @ts-expect-error -- the cells are single steps, without layers
new LSTMCell({ ...sizes, numLayers: 2 })
new GRUCell(sizes)
const isa: string = engine().isa

// --- Options have names, for programs that pass them on.
const lstmOptions: LSTMOptions = { ...sizes, projSize: 2 }
const gruOptions: GRUOptions = { ...sizes, resetAfter: true }
// @ts-expect-error -- the LSTM's option
const mixed: GRUOptions = { ...sizes, projSize: 2 }

export { c, grad, gruOptions, isa, loss, lstmOptions, mixed, noCell, optimizer, x }
