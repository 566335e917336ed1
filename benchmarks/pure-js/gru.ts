/**
 * A GRU layer in plain JavaScript, in PyTorch's form, where the reset gate comes after the product.
 *
 *     r = σ(W_ir x + b_ir + W_hr h + b_hr)    z = σ(W_iz x + b_iz + W_hz h + b_hz)
 *     n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))    h' = (1 − z) ⊙ n + z ⊙ h
 */
import { fillRows, multiply, transpose } from './multiply.js'
import { rows, WeightSums, zerosLike, type Arrays, type Scan, type Size } from './scan.js'

export class PureGRU implements Scan {
  readonly output: Float32Array
  readonly hn: Float32Array
  readonly gradInput: Float32Array
  readonly grads: Arrays
  private readonly gates: Float32Array // [N, 3H]: r, z, n; then the gradients of their input parts
  private readonly states: Float32Array // [N, H]: W_hn h + b_hn; then its gradient
  private readonly products: Float32Array // [B, 3H]: the state parts of one step
  private readonly dh: Float32Array // [B, H]
  private readonly weightIhT: Float32Array // [I, 3H]
  private readonly weightHhT: Float32Array // [H, 3H]
  private readonly zeros: Float32Array // [3H]
  private readonly sums: WeightSums

  constructor(
    private readonly size: Size,
    private readonly values: Arrays,
  ) {
    const { T, B, I, H } = size
    const N = T * B
    this.output = new Float32Array(N * H)
    this.hn = new Float32Array(B * H)
    this.gradInput = new Float32Array(N * I)
    this.grads = zerosLike(values)
    this.gates = new Float32Array(N * 3 * H)
    this.states = new Float32Array(N * H)
    this.products = new Float32Array(B * 3 * H)
    this.dh = new Float32Array(B * H)
    this.weightIhT = new Float32Array(I * 3 * H)
    this.weightHhT = new Float32Array(H * 3 * H)
    this.zeros = new Float32Array(3 * H)
    this.sums = new WeightSums(size, 3 * H)
  }

  forward(x: Float32Array, goOn = false): void {
    const { T, B, I, H } = this.size
    const { weightIh, weightHh, biasIh, biasHh } = this.values
    const { gates, states, products, output, hn } = this
    const G = 3 * H
    if (!goOn) hn.fill(0)
    fillRows(gates, biasIh, this.zeros, T * B, G)
    multiply(rows(gates, G), rows(x, I), rows(weightIh, I), T * B, G, I)
    for (let t = 0; t < T; t++) {
      fillRows(products, biasHh, this.zeros, B, G)
      multiply(rows(products, G), rows(hn, H), rows(weightHh, H), B, G, H)
      for (let b = 0; b < B; b++) {
        const row = t * B + b
        let at = row * G
        let part = b * G
        for (let u = b * H, to = row * H, end = u + H; u < end; u++, to++, at++, part++) {
          const r = 1 / (1 + Math.exp(-gates[at]! - products[part]!))
          const z = 1 / (1 + Math.exp(-gates[at + H]! - products[part + H]!))
          const state = products[part + 2 * H]!
          const n = 2 / (1 + Math.exp(-2 * (gates[at + 2 * H]! + r * state))) - 1
          const h = n + z * (hn[u]! - n)
          gates[at] = r
          gates[at + H] = z
          gates[at + 2 * H] = n
          states[to] = state
          output[to] = h
          hn[u] = h
        }
      }
    }
  }

  backward(x: Float32Array, gradOutput: Float32Array): void {
    const { T, B, I, H } = this.size
    const { weightIh, weightHh } = this.values
    const { gates, states, output, dh, weightIhT, weightHhT, gradInput, grads, sums } = this
    const G = 3 * H
    transpose(weightHhT, weightHh, G, H)
    dh.fill(0)
    for (let t = T - 1; t >= 0; t--) {
      for (let b = 0; b < B; b++) {
        const row = t * B + b
        let at = row * G
        for (let u = b * H, from = row * H, end = u + H; u < end; u++, from++, at++) {
          const r = gates[at]!
          const z = gates[at + H]!
          const n = gates[at + 2 * H]!
          const before = t > 0 ? output[from - B * H]! : 0
          const h = dh[u]! + gradOutput[from]!
          const dn = h * (1 - z) * (1 - n * n)
          gates[at] = dn * states[from]! * r * (1 - r)
          gates[at + H] = h * (before - n) * z * (1 - z)
          gates[at + 2 * H] = dn
          states[from] = dn * r
          dh[u] = h * z
        }
      }
      if (t > 0) {
        const to = rows(dh, H)
        multiply(to, rows(gates, G, t * B * G), rows(weightHhT, G), B, H, 2 * H)
        multiply(to, rows(states, H, t * B * H), rows(weightHhT, G, 2 * H), B, H, H)
      }
    }
    transpose(weightIhT, weightIh, G, I)
    gradInput.fill(0)
    multiply(rows(gradInput, I), rows(gates, G), rows(weightIhT, G), T * B, I, G)
    sums.begin(x, output)
    sums.turn(gates, G)
    sums.ofInput(grads.weightIh, G)
    sums.ofState(grads.weightHh, 2 * H)
    sums.ofBias(grads.biasIh, G)
    sums.ofBias(grads.biasHh, 2 * H)
    sums.turn(states, H)
    sums.ofState(grads.weightHh, H, 2 * H)
    sums.ofBias(grads.biasHh, H, 2 * H)
  }
}
