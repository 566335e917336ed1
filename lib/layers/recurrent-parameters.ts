/** The parameters that a recurrent layer has. */
import type { CellForm } from './cell-forms.js'
import type { ParameterForm } from './module.js'
import type { ResolvedOptions } from './recurrent-options.js'

/** PyTorch's parameters of a stack: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_hr_l0, …_reverse, …_l1. */
export function parameterForms(cell: CellForm, options: ResolvedOptions): ParameterForm[] {
  const { inputSize, hiddenSize, numLayers, bias, bidirectional, own } = options
  const outputs = own.projSize || hiddenSize
  const rows = cell.gates * hiddenSize
  const forms: ParameterForm[] = []
  for (let layer = 0; layer < numLayers; layer++) {
    const features = layer === 0 ? inputSize : outputs * (bidirectional ? 2 : 1)
    for (const suffix of bidirectional ? [`_l${layer}`, `_l${layer}_reverse`] : [`_l${layer}`]) {
      forms.push({ name: `weight_ih${suffix}`, shape: [rows, features] })
      forms.push({ name: `weight_hh${suffix}`, shape: [rows, outputs] })
      if (bias) {
        forms.push({ name: `bias_ih${suffix}`, shape: [rows] })
        forms.push({ name: `bias_hh${suffix}`, shape: [rows] })
      }
      if (own.projSize > 0) forms.push({ name: `weight_hr${suffix}`, shape: [outputs, hiddenSize] })
      for (const [name, perUnit] of cell.vectors ?? []) {
        forms.push({ name: `${name}${suffix}`, shape: [perUnit * hiddenSize] })
      }
    }
  }
  return forms
}
