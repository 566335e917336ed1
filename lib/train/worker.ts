/** The thread that steps are done in. It makes model and optimiser anew, and answers one request after the other. */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { setThreads } from '../engine.js'
import { makeModel } from '../layers/make-model.js'
import { Recycler } from '../memory/recycler.js'
import { writeCheckpoints } from './checkpoint-files.js'
import { lossNamed, lossOfBatch, type LossOfBatch } from './loss.js'
import {
  CONTROL,
  type LossAnswer,
  type Reply,
  type Request,
  type StepAnswer,
  type StepAnswers,
  type WorkerSetup,
} from './messages.js'
import { makeOptimizer } from './optimizer.js'
import type { StepOrder } from './runner.js'
import { Trainer } from './trainer.js'
import { bufferList, buffersOf, packError, unpackError } from './transfer.js'

const port = parentPort as MessagePort
const setup = workerData as WorkerSetup
const { control } = setup

function reply(message: Reply, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

/** The caller's loss: its thread computes it while this one waits. */
const askedLoss: LossOfBatch = ({ data, shape }) => {
  const seen = Atomics.load(control, CONTROL.answers)
  const copy = data.slice()
  reply({ prediction: { data: copy, shape } }, bufferList([copy]))
  Atomics.wait(control, CONTROL.answers, seen)
  const { message } = receiveMessageOnPort(setup.losses) as { message: LossAnswer }
  if ('error' in message) throw unpackError(message.error)
  return message
}

function makeTrainer(): Trainer {
  setThreads(setup.threads)
  const model = makeModel('fit', setup.model, setup.values)
  const loss = setup.loss ? lossOfBatch({ ...setup.loss, loss: lossNamed(setup.loss.name) }) : askedLoss
  const trainer = new Trainer(model, loss, makeOptimizer(setup.optimizer, model.parameters()), setup.options)
  trainer.restore(setup.state)
  return trainer
}

/** Does a step, unless one before it is to be the last. */
function step(trainer: Trainer, { batch, apply, rates }: StepOrder): StepAnswer {
  if (Atomics.load(control, CONTROL.stopped) === 1) return undefined
  try {
    const result = recycler.run(() => trainer.step(batch, apply, rates))
    if (result.nonFinite && setup.halts) Atomics.store(control, CONTROL.stopped, 1)
    return result
  } catch (error) {
    Atomics.store(control, CONTROL.stopped, 1)
    return { error: packError(error) }
  }
}

/** Does what is asked for, and answers. */
function answer(trainer: Trainer, request: Request): void {
  switch (request.kind) {
    case 'steps': {
      const begun = performance.now()
      const answers = request.orders.map((order) => step(trainer, order))
      const milliseconds = performance.now() - begun
      const spent = request.orders.flatMap(({ batch }) => buffersOf(batch))
      reply({ value: { answers, milliseconds, spent } satisfies StepAnswers }, spent)
      break
    }
    case 'evaluate':
      reply({ value: recycler.run(() => trainer.evaluate(request.batch)) })
      break
    case 'values': {
      const value = trainer.values()
      reply({ value }, bufferList(value))
      break
    }
    case 'state':
      reply({ value: trainer.state() })
      break
    case 'save':
      writeCheckpoints(request.paths, trainer, request.parts)
      reply({ value: undefined })
      break
    case 'close':
      port.close()
  }
}

const trainer = makeTrainer()
const recycler = new Recycler()
port.on('message', (request: Request) => {
  try {
    answer(trainer, request)
  } catch (error) {
    Atomics.store(control, CONTROL.stopped, 1)
    reply({ error: packError(error) })
  }
})
reply({ value: 'ready' })
