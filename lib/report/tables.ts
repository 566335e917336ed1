/** The two tables of the summary: what the cells' forecasts are worth, and what the cells cost. */

import type { CellResult, CompareResult, Errors, NaiveResult, Statistic } from '../compare/result.js'
import {
  escapeHtml,
  formatImprovement,
  formatInteger,
  formatNumber,
  formatRate,
  formatSeconds,
  formatStatistic,
  isMeasured,
} from './format.js'
import { cellEntry, LOOKS, swatch } from './series.js'

/** A row: its head, as HTML, and one entry a cell, as plain text. */
interface Row {
  readonly head: string
  readonly entries: readonly string[]
  readonly strong?: boolean
}

/** A heading over some rows, where there is one. */
interface Group {
  readonly title?: string
  readonly rows: readonly Row[]
}

/** The spread in an element of its own, which takes a line of its own where there is little room. */
function entry(text: string, strong: boolean): string {
  const [mean = '', spread] = text.split(' ± ')
  const head = `<span${strong ? ' class="strong"' : ''}>${escapeHtml(mean)}</span>`
  return spread === undefined ? head : `${head} <span class="spread">± ${escapeHtml(spread)}</span>`
}

function table(label: string, cells: readonly CellResult[], groups: readonly Group[]): string {
  const heads = cells.map(
    (cell) => `<th scope="col">${swatch(cellEntry(cell.cell))}${LOOKS[cell.cell].label}</th>`,
  )
  const bodies = groups.map(({ title, rows }) => {
    const group =
      title === undefined
        ? ''
        : `<tr class="group"><th scope="rowgroup" colspan="${cells.length + 1}">${escapeHtml(title)}</th></tr>`
    const lines = rows.map(({ head, entries, strong }) => {
      const data = entries.map((text) => `<td>${entry(text, strong === true)}</td>`)
      return `<tr><th scope="row">${head}</th>${data.join('')}</tr>`
    })
    return `<tbody>${group}${lines.join('\n')}</tbody>`
  })
  // The box can be reached with the keyboard, since it may have to be scrolled.
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}">
<table><thead><tr><th scope="col">${escapeHtml(label)}</th>${heads.join('')}</tr></thead>
${bodies.join('\n')}</table></div>`
}

function errorRow(
  head: string,
  cells: readonly CellResult[],
  pick: (cell: CellResult) => Statistic,
  strong = false,
): Row {
  return { head, entries: cells.map((cell) => formatStatistic(pick(cell))), strong }
}

function naiveRow(naive: NaiveResult, cells: readonly CellResult[]): Row {
  const error = ({ rmse }: Errors): number => (isMeasured(rmse) ? rmse.mean : NaN)
  const own = error(naive.errors.test)
  const free = naive.freeRunRmse === undefined ? '' : `, free running ${formatNumber(naive.freeRunRmse)}`
  return {
    head: `${escapeHtml(naive.name)} <small>RMSE ${formatNumber(own)}${free}</small>`,
    entries: cells.map((cell) => formatImprovement(error(cell.errors.test), own)),
  }
}

/** The errors of each cell, and beneath them how much lower they are than those of the naive forecasts. */
export function errorTable(result: CompareResult): string {
  const { cells, naive } = result
  const groups: Group[] = [
    {
      title: 'Root-mean-square error',
      rows: [
        errorRow('Training', cells, (cell) => cell.errors.train.rmse),
        errorRow('Validation', cells, (cell) => cell.errors.validation.rmse),
        errorRow('Test', cells, (cell) => cell.errors.test.rmse, true),
      ],
    },
    {
      title: 'Other errors on the test part',
      rows: [
        errorRow('Mean absolute error', cells, (cell) => cell.errors.test.mae),
        errorRow('Free running, RMSE', cells, (cell) => cell.freeRunRmse),
      ],
    },
  ]
  if (naive.length > 0) {
    groups.push({
      title: 'Test RMSE compared with naive forecasts',
      rows: naive.map((one) => naiveRow(one, cells)),
    })
  }
  return table('Error', cells, groups)
}

function halfLife(cell: CellResult): string {
  const { halfLife: lag, lags } = cell.gradientFalloff
  if (lag !== undefined && Number.isFinite(lag))
    return `${formatInteger(lag)} ${lag === 1 ? 'step' : 'steps'}`
  return lags.length > 0 ? `over ${formatInteger(Math.max(...lags))} steps` : formatInteger(NaN)
}

/** Size, speed and training of each cell. */
export function costTable(cells: readonly CellResult[]): string {
  const row = (head: string, text: (cell: CellResult) => string): Row => ({ head, entries: cells.map(text) })
  return table('Size and training', cells, [
    {
      title: 'Size',
      rows: [
        row('Parameters', (cell) => formatInteger(cell.parameters)),
        row('Hidden size', (cell) => formatInteger(cell.hiddenSize)),
        row('Layers', (cell) => formatInteger(cell.numLayers)),
      ],
    },
    {
      title: 'Training',
      rows: [
        row('Time per epoch', (cell) => formatSeconds(cell.secondsPerEpoch)),
        row('Time steps per second', (cell) => formatRate(cell.stepsPerSecond)),
        row('Epochs to the best', (cell) => formatStatistic(cell.epochsToBest, 3).replace(/\.0+(?!\d)/g, '')),
        row('Gradient’s half-life', halfLife),
      ],
    },
  ])
}
