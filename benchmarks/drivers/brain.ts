/**
 * brain.js: LSTMTimeStep and GRUTimeStep, one iteration of `train` over the batch, sequence by sequence as it has it. For
 * speed only: its cells are others (its LSTM adds an output layer, predicts the next step, and updates its weights).
 */
import type { Mode, Subject } from '../cases.js'
import { isPlain } from '../cases.js'
import { INPUT } from '../protocol.js'
import { peer, serve, type Row, type Tensor, type Tensors } from './serve.js'

/** The little of brain.js that is used. */
interface Net {
  train(
    data: readonly (readonly Float32Array[])[],
    options: { iterations: number; errorThresh: number },
  ): unknown
}
type NetClass = new (options: {
  inputSize: number
  hiddenLayers: readonly number[]
  outputSize: number
}) => Net
interface Brain {
  readonly recurrent: { readonly LSTMTimeStep: NetClass; readonly GRUTimeStep: NetClass }
}

const rowOf =
  ({ recurrent }: Brain) =>
  (subject: Subject, tensors: Tensors, mode: Mode): Row | string => {
    if (mode !== 'train') return 'training only'
    if (!isPlain(subject) || subject.I === 1) return 'single layers of several features only'
    const { cell, T, B, I, H } = subject
    const { data } = tensors[INPUT] as Tensor
    const sequences = Array.from({ length: B }, (_, b) =>
      // One step more, since the last one is only predicted.
      Array.from({ length: T + 1 }, (_unused, t) => {
        const at = ((t % T) * B + b) * I
        return data.slice(at, at + I)
      }),
    )
    const Net = cell === 'LSTM' ? recurrent.LSTMTimeStep : recurrent.GRUTimeStep
    const net = new Net({ inputSize: I, hiddenLayers: [H], outputSize: I })
    return {
      call: () => void net.train(sequences, { iterations: 1, errorThresh: 0 }),
      note: 'another model: speed only',
    }
  }

async function main(): Promise<void> {
  const brain = await peer<Brain>('brain.js', () => require('brain.js') as Brain)
  if ('missing' in brain) return serve({ hello: brain })
  const { version } = require('brain.js/package.json') as { version: string }
  await serve({ hello: { version }, row: rowOf(brain) })
}

void main()
