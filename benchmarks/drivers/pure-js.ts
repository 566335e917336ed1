/** Plain JavaScript: single layers of one direction and equal lengths, on the one thread that JavaScript has. */
import { isPlain, type Mode, type Subject } from '../cases.js'
import { GRAD, GRAD_OUTPUT, INPUT } from '../protocol.js'
import { PureGRU } from '../pure-js/gru.js'
import { PureLSTM } from '../pure-js/lstm.js'
import type { Arrays, Scan } from '../pure-js/scan.js'
import { serve, type Row, type Tensor, type Tensors } from './serve.js'

/** The parameters' names, and those of Arrays. */
const NAMES = [
  ['weight_ih_l0', 'weightIh'],
  ['weight_hh_l0', 'weightHh'],
  ['bias_ih_l0', 'biasIh'],
  ['bias_hh_l0', 'biasHh'],
] as const

function row(subject: Subject, tensors: Tensors, mode: Mode, threads: number): Row | string {
  if (threads > 1) return 'one thread'
  if (!isPlain(subject)) return 'single layers only'
  const data = (name: string): Float32Array => (tensors[name] as Tensor).data
  const values = Object.fromEntries(NAMES.map(([from, to]) => [to, data(from)])) as unknown as Arrays
  const scan: Scan = new (subject.cell === 'LSTM' ? PureLSTM : PureGRU)(subject, values)
  const { T, B, I, H } = subject
  const [x, gradOutput] = [data(INPUT), data(GRAD_OUTPUT)]

  const states = (): Record<string, Tensor> => ({
    output: { data: scan.output, shape: [T, B, H] },
    hn: { data: scan.hn, shape: [1, B, H] },
    ...(scan.cn === undefined ? {} : { cn: { data: scan.cn, shape: [1, B, H] } }),
  })
  const train = (): void => {
    scan.forward(x)
    scan.backward(x, gradOutput)
  }
  switch (mode) {
    case 'infer':
      return {
        call: () => scan.forward(x),
        results: () => {
          scan.forward(x)
          return states()
        },
      }
    case 'train':
      return {
        call: train,
        results: () => {
          for (const grad of Object.values(scan.grads) as Float32Array[]) grad.fill(0)
          train()
          const grads = NAMES.map(([name, key]) => {
            const { shape } = tensors[name] as Tensor
            return [GRAD + name, { data: scan.grads[key], shape }] as const
          })
          const gradInput = { data: scan.gradInput, shape: [T, B, I] }
          return { ...states(), ...Object.fromEntries(grads), [`${GRAD}input`]: gradInput }
        },
      }
    case 'stream':
      return {
        call: () => scan.forward(x, true),
        results: () => {
          scan.forward(x)
          return { output: { data: scan.output, shape: [1, 1, H] } }
        },
      }
  }
}

void serve({ hello: { version: `Node ${process.versions.node}` }, row })
