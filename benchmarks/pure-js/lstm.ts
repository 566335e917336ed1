/**
 * An LSTM layer in plain JavaScript, as an engineer would write it who has only that and cares for speed.
 *
 *     i = σ(W_ii x + b_ii + W_hi h + b_hi)    f = σ(…)    g = tanh(…)    o = σ(…)
 *     c' = f ⊙ c + i ⊙ g                      h' = o ⊙ tanh(c')
 */
import { fillRows, multiply, transpose } from './multiply.js'
import { rows, WeightSums, zerosLike, type Arrays, type Scan, type Size } from './scan.js'

export class PureLSTM implements Scan {
  readonly output: Float32Array
  readonly hn: Float32Array
  readonly cn: Float32Array
  readonly gradInput: Float32Array
  readonly grads: Arrays
  private readonly gates: Float32Array // [N, 4H]: i, f, g, o; then their gradients
  private readonly cells: Float32Array // [N, H]
  private readonly dh: Float32Array // [B, H]
  private readonly dc: Float32Array // [B, H]
  private readonly weightIhT: Float32Array // [I, 4H]
  private readonly weightHhT: Float32Array // [H, 4H]
  private readonly sums: WeightSums

  constructor(
    private readonly size: Size,
    private readonly values: Arrays,
  ) {
    const { T, B, I, H } = size
    const N = T * B
    this.output = new Float32Array(N * H)
    this.hn = new Float32Array(B * H)
    this.cn = new Float32Array(B * H)
    this.gradInput = new Float32Array(N * I)
    this.grads = zerosLike(values)
    this.gates = new Float32Array(N * 4 * H)
    this.cells = new Float32Array(N * H)
    this.dh = new Float32Array(B * H)
    this.dc = new Float32Array(B * H)
    this.weightIhT = new Float32Array(I * 4 * H)
    this.weightHhT = new Float32Array(H * 4 * H)
    this.sums = new WeightSums(size, 4 * H)
  }

  forward(x: Float32Array, goOn = false): void {
    const { T, B, I, H } = this.size
    const { weightIh, weightHh, biasIh, biasHh } = this.values
    const { gates, cells, output, hn, cn } = this
    const G = 4 * H
    if (!goOn) {
      hn.fill(0)
      cn.fill(0)
    }
    fillRows(gates, biasIh, biasHh, T * B, G)
    multiply(rows(gates, G), rows(x, I), rows(weightIh, I), T * B, G, I)
    for (let t = 0; t < T; t++) {
      multiply(rows(gates, G, t * B * G), rows(hn, H), rows(weightHh, H), B, G, H)
      for (let b = 0; b < B; b++) {
        const row = t * B + b
        let at = row * G
        for (let u = b * H, to = row * H, end = u + H; u < end; u++, to++, at++) {
          const i = 1 / (1 + Math.exp(-gates[at]!))
          const f = 1 / (1 + Math.exp(-gates[at + H]!))
          const g = 2 / (1 + Math.exp(-2 * gates[at + 2 * H]!)) - 1
          const o = 1 / (1 + Math.exp(-gates[at + 3 * H]!))
          const c = f * cn[u]! + i * g
          const h = o * (2 / (1 + Math.exp(-2 * c)) - 1)
          gates[at] = i
          gates[at + H] = f
          gates[at + 2 * H] = g
          gates[at + 3 * H] = o
          cells[to] = c
          output[to] = h
          cn[u] = c
          hn[u] = h
        }
      }
    }
  }

  backward(x: Float32Array, gradOutput: Float32Array): void {
    const { T, B, I, H } = this.size
    const { weightIh, weightHh } = this.values
    const { gates, cells, output, dh, dc, weightIhT, weightHhT, gradInput, grads, sums } = this
    const G = 4 * H
    transpose(weightHhT, weightHh, G, H)
    dh.fill(0)
    dc.fill(0)
    for (let t = T - 1; t >= 0; t--) {
      for (let b = 0; b < B; b++) {
        const row = t * B + b
        let at = row * G
        for (let u = b * H, from = row * H, end = u + H; u < end; u++, from++, at++) {
          const i = gates[at]!
          const f = gates[at + H]!
          const g = gates[at + 2 * H]!
          const o = gates[at + 3 * H]!
          const before = t > 0 ? cells[from - B * H]! : 0
          const tanhC = 2 / (1 + Math.exp(-2 * cells[from]!)) - 1
          const h = dh[u]! + gradOutput[from]!
          const c = dc[u]! + h * o * (1 - tanhC * tanhC)
          gates[at] = c * g * i * (1 - i)
          gates[at + H] = c * before * f * (1 - f)
          gates[at + 2 * H] = c * i * (1 - g * g)
          gates[at + 3 * H] = h * tanhC * o * (1 - o)
          dc[u] = c * f
        }
      }
      if (t > 0) {
        dh.fill(0)
        multiply(rows(dh, H), rows(gates, G, t * B * G), rows(weightHhT, G), B, H, G)
      }
    }
    transpose(weightIhT, weightIh, G, I)
    gradInput.fill(0)
    multiply(rows(gradInput, I), rows(gates, G), rows(weightIhT, G), T * B, I, G)
    sums.begin(x, output)
    sums.turn(gates, G)
    sums.ofInput(grads.weightIh, G)
    sums.ofState(grads.weightHh, G)
    sums.ofBias(grads.biasIh, G)
    sums.ofBias(grads.biasHh, G)
  }
}
