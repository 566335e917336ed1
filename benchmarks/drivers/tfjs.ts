/**
 * TensorFlow.js, on the backend that the argument names. Its LSTM is PyTorch's with the sum of both biases as its one; its
 * GRU has the reset gate before the product only, which is another model: for speed only.
 */
import { isPlain, type Mode, type Subject } from '../cases.js'
import { GRAD, GRAD_OUTPUT, INPUT } from '../protocol.js'
import { peer, serve, type Row, type Tensor, type Tensors } from './serve.js'

/** The little of @tensorflow/tfjs that is used. */
interface TfTensor {
  readonly shape: readonly number[]
  mul(other: TfTensor): TfTensor
  sum(): TfTensor
  transpose(order?: readonly number[]): TfTensor
  add(other: TfTensor): TfTensor
  dataSync(): Float32Array
  dispose(): void
}
type TfVariable = TfTensor & { readonly name: string }
interface TfLayer {
  readonly trainableWeights: readonly { readonly val: TfVariable }[]
  apply(x: TfTensor): TfTensor
  setWeights(weights: readonly TfTensor[]): void
}
interface Tf {
  readonly version: { readonly tfjs: string }
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
  tensor(data: Float32Array, shape: readonly number[]): TfTensor
  variable(value: TfTensor): TfVariable
  tidy<T>(run: () => T): T
  keep<T extends TfTensor>(tensor: T): T
  variableGrads(
    loss: () => TfTensor,
    by: readonly TfVariable[],
  ): { value: TfTensor; grads: Record<string, TfTensor> }
  readonly layers: Readonly<Record<'lstm' | 'gru', (options: object) => TfLayer>>
}

/** [T, B, …] ↔ [B, T, …] */
const SWAPPED = [1, 0, 2]
const PARAMETERS = ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0'] as const

const rowOf =
  (tf: Tf) =>
  (subject: Subject, tensors: Tensors, mode: Mode): Row | string => {
    if (!isPlain(subject)) return 'single layers only'
    const { cell, T, B, I, H } = subject
    const same = cell === 'LSTM'
    const layer = tf.layers[same ? 'lstm' : 'gru']({
      units: H,
      returnSequences: true,
      // Its default is a line with bounds.
      recurrentActivation: 'sigmoid',
      // Replaced below; its default, orthogonal, takes minutes for large matrices.
      kernelInitializer: 'zeros',
      recurrentInitializer: 'zeros',
      stateful: mode === 'stream',
      batchInputShape: [B, T, I],
    })
    const given = (name: string): TfTensor => {
      const { data, shape } = tensors[name] as Tensor
      return tf.tensor(data, shape)
    }
    const x = tf.variable(given(INPUT).transpose(SWAPPED))
    const gradOutput = given(GRAD_OUTPUT).transpose(SWAPPED)
    tf.tidy(() => layer.apply(x))
    // Keras' order of an LSTM's gates, i, f, c, o, is PyTorch's; weights are turned.
    layer.setWeights([
      given('weight_ih_l0').transpose(),
      given('weight_hh_l0').transpose(),
      same ? given('bias_ih_l0').add(given('bias_hh_l0')) : given('bias_ih_l0'),
    ])
    const variables = [x, ...layer.trainableWeights.map(({ val }) => val)]
    const ours = (tensor: TfTensor, order?: readonly number[]): Tensor => {
      const turned = tensor.shape.length === 1 ? tensor : tensor.transpose(order)
      return { data: turned.dataSync(), shape: turned.shape }
    }
    const forward = () => tf.tidy(() => layer.apply(x).dataSync())
    const backward = () => tf.variableGrads(() => layer.apply(x).mul(gradOutput).sum(), variables)
    const results = () =>
      tf.tidy((): Record<string, Tensor> => {
        const output = ours(layer.apply(x), SWAPPED)
        if (mode !== 'train') return { output }
        const { grads } = backward()
        const [ofInput, ...ofWeights] = variables.map(({ name }) => grads[name] as TfTensor)
        const named = ofWeights.map((grad, at) => [GRAD + (PARAMETERS[at] as string), ours(grad)] as const)
        return { output, [`${GRAD}input`]: ours(ofInput as TfTensor, SWAPPED), ...Object.fromEntries(named) }
      })
    return {
      call:
        mode === 'train'
          ? () => {
              const { value, grads } = backward()
              // What a caller waits for.
              for (const tensor of [value, ...Object.values(grads)]) {
                tensor.dataSync()
                tensor.dispose()
              }
            }
          : () => void forward(),
      ...(same && mode !== 'stream' ? { results } : { note: 'another model: speed only' }),
      close: () => {
        for (const tensor of [...variables, gradOutput]) tensor.dispose()
      },
    }
  }

async function main(): Promise<void> {
  const [, , backend = 'cpu'] = process.argv
  const tf = await peer<Tf>(`TensorFlow.js (${backend})`, async () => {
    // Its advice to take another backend goes to stdout.
    console.log = console.info = console.warn = () => undefined
    const loaded = require('@tensorflow/tfjs') as Tf
    if (backend === 'wasm') require('@tensorflow/tfjs-backend-wasm')
    if (!(await loaded.setBackend(backend))) throw new Error(`no backend ${backend}`)
    await loaded.ready()
    return loaded
  })
  if ('missing' in tf) return serve({ hello: tf })
  await serve({ hello: { version: tf.version.tfjs }, row: rowOf(tf) })
}

void main()
