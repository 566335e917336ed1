/** The end of the report: the settings and data that a repetition needs, and what the words mean. */

import type { CompareResult } from '../compare/result.js'
import { escapeHtml, formatInteger } from './format.js'

function list(kind: string, pairs: readonly (readonly [string, string])[]): string {
  const items = pairs.map(
    ([term, text]) => `<div><dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd></div>`,
  )
  return `<dl class="${kind}">${items.join('\n')}</dl>`
}

function settingText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return String(value)
}

/** `batchSize` as `batch size`. */
function settingName(key: string): string {
  return key.replace(
    /([a-z\d])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  )
}

/** Everything that a repetition of the run needs. */
export function settingsList(result: CompareResult): string {
  const { data, engine } = result
  const pairs: [string, string][] = [
    ['data', data.name],
    ['target', data.target],
    ['features', data.features.length > 0 ? data.features.join(', ') : 'none'],
    ['rows', formatInteger(data.rows)],
    ['training windows', formatInteger(data.parts.train)],
    ['validation windows', formatInteger(data.parts.validation)],
    ['test windows', formatInteger(data.parts.test)],
    ['window', `${formatInteger(data.window)} steps`],
    ['horizon', data.horizon === 1 ? '1 step' : `${formatInteger(data.horizon)} steps`],
    [result.seeds.length === 1 ? 'seed' : 'seeds', result.seeds.join(', ')],
    ['instruction set', engine.isa],
    ['threads', formatInteger(engine.threads)],
    ['gatewise', result.version],
  ]
  // A setting that says what stands above already would only make the list longer.
  const known = new Set(pairs.map(([name]) => name))
  const settings = Object.entries(result.settings)
    .map(([key, value]): [string, string] => [settingName(key), settingText(value)])
    .filter(([name]) => !known.has(name))
  return list('settings', [...pairs, ...settings])
}

/** What the loss is called: a series is scaled before training, the sine has its scale by itself. */
export function lossName(result: CompareResult): string {
  return isScaled(result) ? 'Normalised mean squared error' : 'Mean squared error'
}

function isScaled(result: CompareResult): boolean {
  return result.settings['normalisation'] !== 'none'
}

/** What the words of the report mean. */
export function definitionList(result: CompareResult): string {
  const pairs: [string, string][] = [
    [
      'Root-mean-square error (RMSE)',
      `The root of the mean of the squared errors, in the units of ${result.data.target}. Large errors weigh more than in the mean absolute error.`,
    ],
    [
      lossName(result),
      isScaled(result)
        ? 'The loss that is trained: the mean of the squared errors after the target was scaled to mean 0 and standard deviation 1 over the training part. 1 is what a constant forecast of the mean reaches on that part.'
        : 'The loss that is trained: the mean of the squared errors. Nothing is scaled here.',
    ],
    [
      'Training, validation, test',
      'Training windows fit the weights, validation windows choose the epoch, and test windows are looked at only at the end. No window crosses a border between the parts.',
    ],
    [
      'Naive forecast',
      'A forecast that needs no training: the last known value, or the value one period ago. A network that does not beat it has learned nothing of use.',
    ],
    [
      'Free running',
      'Each output is fed back as the next input, so that errors can add up. It shows whether a cell has learned how the series moves or only how to follow it.' +
        (result.data.features.length > 1 ? ' The other features stay at their last known value.' : ''),
    ],
    [
      'Gradient’s half-life',
      'The time lag at which the norm of ∂loss/∂h first falls below half of its value at lag 0.',
    ],
  ]
  pairs.push([
    'n/a',
    'Not measured, or not a finite number: the training was interrupted before it, or it diverged.',
  ])
  if (result.seeds.length > 1) {
    pairs.push([
      '±',
      'The sample standard deviation over the seeds. Each seed draws other initial weights and batches.',
    ])
  }
  return list('definitions', pairs)
}
