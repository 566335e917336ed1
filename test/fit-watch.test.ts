/** What is told of a training: lines and bars, a log of JSON lines, records for callbacks. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { FileError, mseLoss, type LogLine } from '../lib'
import { adam, filterModel, filterTask, fitHere, SEQUENCES } from './training-tasks'

const folder = mkdtempSync(join(tmpdir(), 'gatewise-watch-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const task = filterTask(1)
const validation = filterTask(2, 4)

test('plain lines where there is no terminal, one at the end of each epoch', async () => {
  const model = filterModel()
  let said = ''
  const { history } = await fitHere(model, task, {
    loss: mseLoss,
    optimizer: adam(model),
    epochs: 3,
    batchSize: 5,
    validation,
    progress: { write: (text) => (said += text) },
  })
  const lines = said.trimEnd().split('\n')
  expect(lines.length).toBe(3)
  const short = (value: number): string => value.toPrecision(3)
  for (const [epoch, line] of lines.entries()) {
    const record = history[epoch]!
    expect(line).toMatch(
      /^ *\d+ % {2}epoch \d\/3 {2}loss [\d.]+ {2}validation [\d.]+ {2}lr 0\.0100 {2}gradient [\d.]+ {2}\d[\d.]* steps\/s {2}\d+ s left$/,
    )
    expect(line).toContain(`epoch ${epoch + 1}/3`)
    expect(line).toContain(`loss ${short(record.loss)}`)
    expect(line).toContain(`validation ${short(record.validation!)}`)
  }
  expect(lines.at(-1)).toMatch(/^100 %.* 0 s left$/)
})

test('a bar on a terminal, which leaves the line free', async () => {
  const model = filterModel()
  let said = ''
  const terminal = { write: (text: string) => (said += text), isTTY: true, columns: 140 }
  await fitHere(model, task, {
    loss: mseLoss,
    optimizer: adam(model),
    epochs: 2,
    batchSize: 5,
    progress: terminal,
  })
  expect(said).toContain('█')
  expect(said).toContain('epoch 2/2')
  // The cursor is shown again.
  expect(said.lastIndexOf('\u001B[?25h')).toBeGreaterThan(said.lastIndexOf('\u001B[?25l'))
})

test('a bar on a terminal of 80 columns, whose last words make room for the time left', async () => {
  const model = filterModel()
  const written: string[] = []
  const terminal = { write: (text: string) => written.push(text), isTTY: true, columns: 80 }
  await fitHere(model, task, {
    loss: mseLoss,
    optimizer: adam(model),
    epochs: 2,
    batchSize: 5,
    validation,
    progress: terminal,
  })
  const frames = written.map((text) => stripVTControlCharacters(text)).filter((text) => text.includes('%'))
  expect(frames.length).toBeGreaterThan(0)
  for (const frame of frames) {
    expect(frame).toMatch(/^[█░]{8} \d+ % {2}epoch \d\/2 {2}loss [\d.]+( {2}\w+ [\d.]+)* {2}(\?|\d+ s) left$/)
    expect(frame.length).toBeLessThanOrEqual(80)
  }
})

test('the log has what the callbacks get, and goes on where a file is there', async () => {
  const log = join(folder, 'run.jsonl')
  const told: LogLine[] = []
  for (const batches of [false, true]) {
    const model = filterModel()
    await fitHere(model, task, {
      loss: mseLoss,
      optimizer: adam(model),
      epochs: 2,
      batchSize: 5,
      seed: 7,
      validation,
      log: { path: log, batches },
      onEpoch: (epoch) => told.push({ event: 'epoch', time: '', ...epoch }),
      onBatch: (batch) => {
        if (batches) told.push({ event: 'batch', ...batch })
      },
    })
  }
  const lines = readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine)
  const isRecord = (line: LogLine) => line.event === 'epoch' || line.event === 'batch'
  const timeless = (line: LogLine) => ('time' in line ? { ...line, time: '' } : line)
  expect(lines.filter(isRecord).map(timeless)).toEqual(told)
  expect(lines.filter((line) => !isRecord(line)).map(timeless)).toEqual(
    [1, 2].flatMap(() => [
      { event: 'begin', time: '', epochs: 2, seed: 7 },
      { event: 'end', time: '', stopped: 'finished', steps: 2 * Math.ceil(SEQUENCES / 5) },
    ]),
  )
  for (const line of lines) if ('time' in line) expect(Number.isNaN(Date.parse(line.time))).toBe(false)
})

test('a log that cannot be written is an error before anything is trained', async () => {
  const model = filterModel()
  const log = join(folder, 'nowhere', 'run.jsonl')
  await expect(fitHere(model, task, { loss: mseLoss, optimizer: adam(model), log })).rejects.toThrow(
    FileError,
  )
})
