/** The report of a comparison: one HTML page that needs nothing but itself. */

import type { CellName, CompareResult } from '../compare/result.js'
import { drawCloseUp, drawForecast, drawFreeRun, drawResiduals, leavesFrame } from './forecast-plots.js'
import { escapeHtml, formatInteger, joinWords } from './format.js'
import { drawGradient, gradientSentence } from './gradient-plot.js'
import { definitionList, settingsList } from './notes.js'
import { figure, page, paragraph, section } from './page.js'
import { LOOKS } from './series.js'
import { openCanvas, type Canvas } from './svg.js'
import { costTable, errorTable } from './tables.js'
import { drawCosts, drawLoss } from './training-plots.js'

function namesOf(cells: readonly CellName[], word: string): string {
  return joinWords(cells.map((cell) => LOOKS[cell].label)) || word
}

function header(result: CompareResult): string {
  const { data, cells, seeds, engine } = result
  const names = namesOf(
    cells.map((cell) => cell.cell),
    'Comparison',
  )
  const facts = [
    `${formatInteger(data.rows)} rows`,
    `windows of ${formatInteger(data.window)} steps`,
    seeds.length === 1 ? 'one seed' : `${formatInteger(seeds.length)} seeds`,
    `${engine.isa}, ${engine.threads === 1 ? 'one thread' : `${formatInteger(engine.threads)} threads`}`,
    `gatewise ${result.version}`,
  ]
  const notice =
    'This run was interrupted before it was done. What stands here is what there was by then: ' +
    'read the errors and the verdict as those of an unfinished training.'
  const [first = 'There is no verdict.', ...others] = result.verdict
  return `<header>
<h1><strong>${names}</strong> on <strong>${escapeHtml(data.name)}</strong>, forecasting <strong>${escapeHtml(data.target)}</strong></h1>
${result.interrupted ? `<p class="notice" role="note"><strong>Interrupted.</strong> ${notice}</p>` : ''}
${paragraph(first, 'verdict')}
<div class="reasons">${others.map((sentence) => paragraph(sentence)).join('\n')}</div>
${paragraph(facts.join(' · '), 'facts')}
</header>`
}

function lossSection(canvas: Canvas, result: CompareResult): string {
  const missing = result.cells.filter((cell) => cell.curves.every((curve) => curve.train.length === 0))
  const plot = drawLoss(canvas, result)
  const caption = [
    result.seeds.length > 1 ? 'Each faint line is one seed; the strong lines are their mean.' : '',
    missing.length > 0 && plot !== undefined
      ? `No finished epoch for the ${namesOf(
          missing.map((cell) => cell.cell),
          '',
        )}.`
      : '',
  ]
  return section('loss', 'How they learned', [
    paragraph(
      'Loss after each epoch, on a logarithmic scale. A validation curve (dashed) that rises while the training curve (solid) still falls is overfitting.',
    ),
    figure('loss', plot, caption.filter((text) => text !== '').join(' ')),
  ])
}

function forecastSection(canvas: Canvas, result: CompareResult): string {
  const { horizon, target } = result.data
  const ahead = horizon === 1 ? 'one step' : `${formatInteger(horizon)} steps`
  const plot = drawForecast(canvas, result)
  const closeUp = drawCloseUp(canvas, result)
  const residuals = drawResiduals(canvas, result)
  const seed = result.seeds.length > 1 ? ` Drawn for the first seed.` : ''
  return section('forecast', 'Forecast against truth', [
    paragraph(
      `Each point of ${target} in the test part is forecast ${ahead} ahead from the true values before it.${seed}`,
    ),
    figure('forecast', plot, ''),
    closeUp === undefined ? '' : figure('close-up', { ...closeUp, legend: [] }, 'The end of it from near.'),
    residuals === undefined
      ? ''
      : figure(
          'residuals',
          { svg: residuals, legend: [] },
          'The error of the same forecasts: a cell that serves the series well leaves noise around zero and no pattern.',
        ),
  ])
}

function freeRunSection(canvas: Canvas, result: CompareResult): string {
  const gone = leavesFrame(result)
  const caption =
    gone.length > 0
      ? `The free run of the ${namesOf(gone, '')} leaves the frame, which shows no more than the truth’s own span beyond the truth.`
      : ''
  return section('free-run', 'Free running', [
    paragraph(
      'From the mark on, each output is fed back as the next input: the cell sees nothing of the truth any more, and its errors can add up.',
    ),
    figure('free-run', drawFreeRun(canvas, result), caption),
  ])
}

function gradientSection(canvas: Canvas, result: CompareResult): string {
  return section('gradient', 'How far back the gradient reaches', [
    paragraph(
      `How strongly the error at the end of a window still depends on the hidden state k steps earlier. Where the curve has fallen to a thousandth, training hardly learns from what happened that long ago: the vanishing gradient. ${gradientSentence(result.cells)}`,
    ),
    figure('gradient', drawGradient(canvas, result), ''),
  ])
}

function costSection(canvas: Canvas, result: CompareResult): string {
  const plots = drawCosts(canvas, result.cells).map(
    ({ title, svg }, index) =>
      `<figure data-plot="cost-${index}"><h3>${escapeHtml(title)}</h3>\n${svg}</figure>`,
  )
  return section('cost', 'What they cost', [
    paragraph('Time is that of training on this machine: forward, backward and the step of the optimiser.'),
    `<div class="trio">${plots.join('\n')}</div>`,
  ])
}

/** Draws a comparison as one HTML page, complete in itself: no script, no other file, no network. */
export async function renderReport(result: CompareResult): Promise<string> {
  const canvas = await openCanvas()
  const names = namesOf(
    result.cells.map((cell) => cell.cell),
    'Comparison',
  )
  const sections =
    result.cells.length === 0
      ? [section('summary', 'Summary', [paragraph('No cell was trained.', 'empty')])]
      : [
          section('summary', 'Summary', [
            `<div class="tables">${errorTable(result)}\n${costTable(result.cells)}</div>`,
          ]),
          lossSection(canvas, result),
          forecastSection(canvas, result),
          freeRunSection(canvas, result),
          gradientSection(canvas, result),
          costSection(canvas, result),
        ]
  return page(`${names} on ${result.data.name}`, result.version, [
    header(result),
    ...sections,
    section('settings', 'Settings and data', [settingsList(result)]),
    section('words', 'What the words mean', [definitionList(result)]),
  ])
}
