/** `gatewise info`: what a model file holds. */
import { statSync } from 'node:fs'
import { Command } from 'commander'

import { count } from '../compare/words.js'
import type { ForecastForm } from '../forecast/form.js'
import { duration, number } from '../text.js'
import type { Io } from './io.js'
import { widthOf, wrap } from './text.js'
import type { RawOptions } from './values.js'

const EXAMPLES = `
Examples:
  $ gatewise info model.safetensors
  $ gatewise info runs/shops/last.safetensors --json`

/** A parameter, as it is listed. */
interface ParameterInfo {
  readonly name: string
  readonly shape: readonly number[]
  readonly size: number
}

/** What is told of a file; with `--json` as it is. */
export interface ModelInfo {
  readonly file: string
  readonly bytes: number
  readonly layers: readonly { readonly kind: string; readonly options: Readonly<Record<string, unknown>> }[]
  readonly parameters: readonly ParameterInfo[]
  readonly size: number
  /** Absent where the model is no forecaster. */
  readonly forecast?: ForecastForm & {
    readonly inputs: readonly string[]
    readonly outputs: readonly string[]
  }
  /** What else was saved with the model. */
  readonly extras: Readonly<Record<string, unknown>>
}

/** Declares the command. */
export function infoCommand(run: (model: string, options: RawOptions) => Promise<void>): Command {
  return new Command('info')
    .summary('what a model file holds')
    .description('Says what a model file holds: layers, parameters, inputs, scaler, and how it was trained.')
    .argument('<model>', 'a file of `gatewise train` or of `saveModel`, or a checkpoint')
    .option('--json', 'all of it as JSON')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .action(run)
}

/** Prints what there is. @throws FileError, DataError where the file holds no model */
export async function runInfo(path: string, raw: RawOptions, io: Io): Promise<number> {
  const info = await infoOf(path)
  io.stdout.write(
    raw.json === true ? `${JSON.stringify(info, null, 2)}\n` : `${infoText(info, io.stdout.columns)}\n`,
  )
  return 0
}

async function infoOf(path: string): Promise<ModelInfo> {
  const { loadModel } = await import('../train/model-file.js')
  const { defineModel } = await import('../layers/make-model.js')
  const { countNumbers } = await import('../layers/parameter.js')
  const { FORECAST, outputNames, readForm } = await import('../forecast/form.js')
  const { inputNames } = await import('../data/window-layout.js')
  const { model, extras } = loadModel(path)
  const parameters = Object.entries(model.stateDict()).map(([name, { shape, data }]) => ({
    name,
    shape,
    size: data.length,
  }))
  const { [FORECAST]: given, ...others } = extras
  const form = given === undefined ? undefined : readForm(path, given).form
  return {
    file: path,
    bytes: statSync(path).size,
    layers: defineModel(model)?.layers ?? [],
    parameters,
    size: countNumbers(model.parameters()),
    ...(form === undefined
      ? {}
      : { forecast: { ...form, inputs: inputNames(form.layout), outputs: outputNames(form) } }),
    extras: others,
  }
}

function infoText({ file, bytes, layers, parameters, size, forecast }: ModelInfo, columns?: number): string {
  const width = widthOf(columns)
  const head = `${file}: ${layers.map(({ kind }) => kind).join(' → ')}, ${size.toLocaleString('en-US')} parameters, ${bytes.toLocaleString('en-US')} bytes`
  const options = layers.map(({ kind, options: given }) => {
    const told = Object.entries(given).filter(([, value]) => value !== undefined && value !== null)
    return wrap(
      `${kind}: ${told.map(([name, value]) => `${name} ${String(value as number)}`).join(', ')}`,
      width,
      '  ',
    )
  })
  const longest = Math.max(...parameters.map(({ name }) => name.length), 'parameter'.length)
  const shapes = parameters.map(({ shape }) => shape.join(' × '))
  const widest = Math.max(...shapes.map((shape) => shape.length), 'shape'.length)
  const row = (name: string, shape: string, count: string): string =>
    `${name.padEnd(longest)}  ${shape.padStart(widest)}  ${count.padStart(10)}`
  const table = [
    row('parameter', 'shape', 'numbers'),
    '─'.repeat(longest + widest + 14),
    ...parameters.map(({ name, size: numbers }, at) =>
      row(name, shapes[at] ?? '', numbers.toLocaleString('en-US')),
    ),
  ]
  const about =
    forecast === undefined ? [] : ['', ...forecastLines(forecast).map((line) => wrap(line, width, '  '))]
  return [wrap(head, width), ...options, ...about, '', ...table].join('\n')
}

function forecastLines({
  layout,
  quantiles,
  inputs,
  scaler,
  series,
  time,
  training,
}: NonNullable<ModelInfo['forecast']>): string[] {
  const what = quantiles.length === 0 ? 'the mean' : `the quantiles ${quantiles.join(', ')}`
  const scales = Object.entries(scaler.columns).map(
    ([name, { offset, factor }]) => `${name} (x − ${number(offset)}) / ${number(factor)}`,
  )
  const lines = [
    `Forecasts ${what} of ${layout.target.join(', ')}, ${layout.horizon} rows ahead from ${layout.window}.`,
    `Inputs: ${inputs.join(', ')}. Missing values: ${layout.missing}.`,
    `Scaler: ${scaler.kind}${scaler.kind === 'none' ? '' : `; ${scales.join(', ')}`}.`,
  ]
  if (series !== undefined) lines.push(`Series are told apart by ${series}.`)
  if (time !== undefined) lines.push(`Times: ${time}.`)
  if (training === undefined) return [...lines, 'A checkpoint: the training was not over.']
  const held = training.validationLoss === undefined ? '' : `, validation ${number(training.validationLoss)}`
  const of = training.bestEpoch === undefined ? 'its last epoch' : `epoch ${training.bestEpoch}`
  const best = training.loss === undefined ? '' : `; of ${of}: loss ${number(training.loss)}${held}`
  return [
    ...lines,
    `Trained on ${training.data} (${count(training.rows, 'row')}, ${count(training.windows, 'window')}) for ${count(training.epochs, 'epoch')} in ${duration(training.seconds)}, ${training.stopped}${best}.`,
  ]
}
