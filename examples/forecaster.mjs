/*
 * A forecaster beside a web service, from beginning to end: it learns a week of highest temperatures in Seattle from four
 * weeks of weather, answers requests while it trains, is stopped and goes on to the same bits, and is then loaded from its
 * file and held against the same week a year before. `node examples/forecaster.mjs`
 */
import { Buffer } from 'node:buffer'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { Adam, fit, GRU, Linear, loadModel, mseLoss, Scaler, sequential, windows } from 'gatewise'

const [WINDOW, HORIZON, YEAR] = [28, 7, 365]

// 1461 days, 2012 to 2015. The last year is for the test, the half before it for validation.
const file = fileURLToPath(new URL('../data/seattle-weather.csv', import.meta.resolve('vega-datasets')))
const [, ...rows] = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(','))
const column = (read) => Float64Array.from(rows, read)
const angle = ([date]) => (2 * Math.PI * (Date.parse(date) / 86_400_000)) / 365.25
const weather = {
  high: column((row) => Number(row[2])),
  low: column((row) => Number(row[3])),
  rain: column((row) => Math.log1p(Number(row[1]))),
  wind: column((row) => Number(row[4])),
  sin: column((row) => Math.sin(angle(row))),
  cos: column((row) => Math.cos(angle(row))),
}
const days = (from, to) => ({
  columns: Object.fromEntries(Object.entries(weather).map(([name, all]) => [name, all.subarray(from, to)])),
})
const [trainedTo, validTo] = [rows.length - YEAR - YEAR / 2, rows.length - YEAR].map(Math.floor)
const scaler = Scaler.fit(days(0, trainedTo))
const layout = { window: WINDOW, horizon: HORIZON, target: 'high', past: Object.keys(weather), scaler }
const data = windows(days(0, trainedTo), { ...layout, batchSize: 32, seed: 1 })
const validation = windows(days(trainedTo - WINDOW, validTo), { ...layout, batchSize: 64, shuffle: false })

const makeModel = () =>
  sequential(
    new GRU({ inputSize: data.inputSize, hiddenSize: 32, recurrentDropout: 0.2, seed: 1 }),
    new Linear({ inFeatures: 32, outFeatures: HORIZON, seed: 2 }),
  )
const folder = mkdtempSync(join(tmpdir(), 'forecaster-'))

/** Trains a new model with what is the same in every run. */
function train(model, more) {
  return fit(model, data, {
    loss: mseLoss,
    optimizer: new Adam(model.parameters(), { lr: 3e-3 }),
    steps: 'last',
    epochs: 12,
    validation,
    clipGradNorm: 1,
    seed: 1,
    extras: { scaler, layout: { ...layout, scaler: undefined } },
    ...more,
  })
}

/** The next week's highest temperatures after a day, in °C. */
function forecast(model, day) {
  const input = new Float32Array(WINDOW * data.inputSize)
  for (const [i, name] of Object.keys(weather).entries()) {
    const past = scaler.transform(name, weather[name].subarray(day - WINDOW + 1, day + 1))
    for (const [t, value] of past.entries()) input[t * data.inputSize + i] = value
  }
  const { output } = model.infer({ data: input, shape: [WINDOW, 1, data.inputSize] })
  return scaler.inverse('high', output.data.subarray(-HORIZON))
}

// The service answers with the model as it is, while that is trained.
const model = makeModel()
const server = createServer((request, response) => {
  const day = Number(new URL(request.url, 'http://127.0.0.1').searchParams.get('day'))
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify([...forecast(model, day)].map((high) => Math.round(high * 10) / 10)))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const ask = (day) =>
  new Promise((resolve, reject) => {
    get({ port: server.address().port, host: '127.0.0.1', path: `/?day=${day}` }, (response) => {
      response.setEncoding('utf8').once('data', (body) => resolve(JSON.parse(body)))
    }).on('error', reject)
  })

try {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let answered = 0
  let isTraining = true
  const asking = (async () => {
    for (; isTraining; answered++) {
      await ask(validTo - 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()

  // Stopped in the middle of an epoch, as by a signal of the system …
  const stop = new AbortController()
  delay.enable()
  const first = await train(model, {
    checkpoint: folder,
    signal: stop.signal,
    onEpoch: ({ epoch, loss, validation: held }) =>
      console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(3)}, validation ${held.toFixed(3)}`),
    onBatch: ({ epoch, batch }) => {
      if (epoch === 4 && batch === 10) stop.abort()
    },
  })
  delay.disable()
  isTraining = false
  await asking
  console.log(
    `stopped after ${first.steps} steps (${first.stopped}); ${answered} requests were answered meanwhile`,
  )
  console.log(`event loop delay: 99 % at most ${(delay.percentile(99) / 1e6).toFixed(1)} ms`)

  // … and resumed by a program that is started again.
  const resumed = makeModel()
  const { best } = await train(resumed, { checkpoint: folder, resume: true })
  const whole = makeModel()
  await train(whole, {})
  const bits = (one) =>
    Buffer.concat(one.parameters().map(({ value }) => Buffer.from(value.data.buffer.slice())))
  console.log(
    `resumed to the bits of a training that was never stopped: ${bits(resumed).equals(bits(whole))}`,
  )

  // The best epoch's model, from its file alone, on the year that no training saw.
  const { model: deployed } = loadModel(join(folder, 'best.safetensors'))
  const errors = { forecaster: 0, 'same days a year before': 0, 'last value': 0 }
  let count = 0
  for (let day = validTo - 1; day + HORIZON < rows.length; day++) {
    const highs = forecast(deployed, day)
    for (let h = 0; h < HORIZON; h++, count++) {
      const truth = weather.high[day + 1 + h]
      errors.forecaster += (highs[h] - truth) ** 2
      errors['same days a year before'] += (weather.high[day + 1 + h - YEAR] - truth) ** 2
      errors['last value'] += (weather.high[day] - truth) ** 2
    }
  }
  console.log(
    `root-mean-square error over the last year, one to ${HORIZON} days ahead (best epoch ${best.epoch + 1}):`,
  )
  for (const [name, sum] of Object.entries(errors)) {
    console.log(`  ${name}: ${Math.sqrt(sum / count).toFixed(2)} °C`)
  }
} finally {
  server.close()
  rmSync(folder, { recursive: true, force: true })
}
