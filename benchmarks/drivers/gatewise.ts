/** gatewise: of this checkout, or of the one whose folder is the argument. */
import type * as Gatewise from '../../lib/index.js'
import type { Mode, Subject } from '../cases.js'
import { gatewiseFrom } from '../gatewise.js'
import { GRAD, GRAD_OUTPUT, INPUT } from '../protocol.js'
import { serve, type Row, type Tensor, type Tensors } from './serve.js'

const gatewise = gatewiseFrom(process.argv[2])

type Layer = Gatewise.LSTM | Gatewise.GRU

function layerOf({ cell, I, H, layers, bidirectional }: Subject, tensors: Tensors): Layer {
  const layer = new gatewise[cell]({ inputSize: I, hiddenSize: H, numLayers: layers, bidirectional })
  layer.loadStateDict(
    Object.fromEntries(layer.parameters().map(({ name }) => [name, tensors[name] as Tensor])),
  )
  return layer
}

function states(pass: { output: Tensor; hn: Tensor; cn?: Tensor | undefined }): Record<string, Tensor> {
  return { output: pass.output, hn: pass.hn, ...(pass.cn === undefined ? {} : { cn: pass.cn }) }
}

function row(subject: Subject, tensors: Tensors, mode: Mode, threads: number): Row {
  gatewise.setThreads(threads)
  const layer = layerOf(subject, tensors)
  const input = tensors[INPUT] as Tensor
  const output = tensors[GRAD_OUTPUT] as Tensor
  const options = subject.lengths === undefined ? {} : { lengths: subject.lengths }
  switch (mode) {
    case 'infer':
      return {
        call: () => void layer.infer(input, options),
        results: () => states(layer.infer(input, options)),
      }
    case 'train':
      return {
        call: () => {
          const pass = layer.forward(input, options)
          pass.backward({ output })
          pass.release()
        },
        results: () => {
          for (const { grad } of layer.parameters()) grad.data.fill(0)
          const pass = layer.forward(input, options)
          const { input: gradInput } = pass.backward({ output })
          const grads = layer.parameters().map(({ name, grad }) => [GRAD + name, grad] as const)
          return { ...states(pass), ...Object.fromEntries(grads), [`${GRAD}input`]: gradInput }
        },
      }
    case 'stream': {
      const stream = layer.stream()
      const out = new Float32Array(subject.H)
      return {
        call: () => void stream.step(input.data, out),
        results: () => {
          stream.reset()
          stream.step(input.data, out)
          return { output: { data: out, shape: [1, 1, subject.H] } }
        },
      }
    }
  }
}

const { isa, version } = gatewise.engine()
void serve({ hello: { version: `${version}, ${isa}` }, row })
