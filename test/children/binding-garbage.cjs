/**
 * Calls the addon with garbage, in a process of its own, so that a crash is seen as one: every argument of every call in
 * turn is replaced; the call must throw, except for garbage that means something. Prints how many calls there were and
 * which did not do what they must.
 */
'use strict'
const binding = require(process.argv[2])
const f = (n, value = 0.5) => new Float32Array(n).fill(value)
const huge = 2 ** 31
const detached = () => {
  const a = f(1000)
  structuredClone(a, { transfer: [a.buffer] })
  return a
}
let calls = 0
const unexpected = []
const throws = (name, call) => {
  calls++
  try {
    call()
  } catch (error) {
    if (!(error instanceof Error)) unexpected.push(name + ': threw ' + error)
    return
  }
  unexpected.push(name + ': did not throw')
}
// For a Float32Array, one too short. For a size, others. For all, what is of another type.
const garbage = (value) => {
  if (value instanceof Float32Array)
    return [
      null,
      undefined,
      1,
      'x',
      [],
      [0.5],
      {},
      new Float64Array(1000),
      new Uint8Array(1000),
      new DataView(new ArrayBuffer(4000)),
      new ArrayBuffer(4000),
      f(value.length - 1),
      f(0),
      detached(),
      Symbol(),
      1n,
      () => f(1000),
      new Proxy(f(1000), {}),
    ]
  if (value instanceof Int32Array)
    return [
      1,
      [2, 1],
      new Float32Array(8),
      new Int32Array(value.length - 1),
      Int32Array.of(1, 2, 1),
      Int32Array.of(2, 1, 2),
      Int32Array.of(2, 0, 0),
      Int32Array.of(2, 2, -1),
      Int32Array.of(3, 2, 1),
      Int32Array.of(2 ** 31 - 1, 1, 1),
    ]
  if (typeof value === 'number')
    return [null, undefined, '1', NaN, -1, Infinity, -Infinity, huge, huge + 1, 2 ** 53, 1n, {}, [], Symbol()]
  if (typeof value === 'boolean') return [null, undefined, 1, 'true', {}]
  if (typeof value === 'string') return [null, undefined, 1, {}, '', 'rnn', value + '\0', Symbol()]
  if (Array.isArray(value))
    return [
      null,
      undefined,
      1,
      {},
      [],
      f(100),
      value.slice(1),
      value.map(() => f(1)),
      value.map(() => detached()),
      value.map(() => null),
      new Array(4),
      { length: 4, ...value },
    ]
  throw new Error('no garbage for ' + value)
}
const attack = (name, call, args, allowed = {}) => {
  call(...args)
  for (let count = 0; count < args.length - (allowed.optional ?? 0); count++)
    throws(name + ' with ' + count + ' arguments', () => call(...args.slice(0, count)))
  args.forEach((good, i) => {
    garbage(good).forEach((bad, which) => {
      if (allowed[i]?.(bad)) return
      throws(name + ', argument ' + i + ', garbage ' + which, () =>
        call(...args.slice(0, i), bad, ...args.slice(i + 1)),
      )
    })
  })
}
const isFloats = (x) => ArrayBuffer.isView(x) && x instanceof Float32Array
const isSize = (x) => typeof x === 'number' && x >= 1 && x <= huge
const nullish = (x) => x === null || x === undefined

const { Scan } = binding
for (const cell of ['lstm', 'gru']) {
  const lstm = cell === 'lstm'
  const G = lstm ? 4 : 3
  const [I, H, T, B] = [2, 3, 3, 2]
  attack('new Scan', (...args) => new Scan(...args), [cell, I, H, true], { 1: isSize, 2: isSize })
  const parameters = [f(G * H * I), f(G * H * H), f(G * H), f(G * H)]
  const counts = Int32Array.of(2, 2, 1)
  const scan = new Scan(cell, I, H, true)
  const sequence = (counts) => {
    const N = counts ? 5 : 6
    return [T, B, counts, false, f(N * I), f(B * H), f(B * H), 0, f(N * H), H, 0]
  }
  const forwardArguments = (counts) => {
    const tape = f(scan.tapeSize(counts ? 5 : 6))
    return [parameters, tape, ...sequence(counts), f(B * H), f(B * H)]
  }
  const notForTheGru = (x) => !lstm
  attack(cell + ' tapeSize', (...args) => scan.tapeSize(...args), [5], { 0: isSize })
  const optional = { 1: nullish, 7: nullish, 8: nullish, 14: notForTheGru, optional: lstm ? 0 : 1 }
  attack(cell + ' forward', (...args) => scan.forward(...args), forwardArguments(counts), optional)
  // Without counts in the way of what a size means.
  attack(
    cell + ' forward, equal lengths',
    (...args) => scan.forward(...args.slice(0, 4), null, ...args.slice(4)),
    forwardArguments(null).filter((_, i) => i !== 4),
    { 1: nullish, 6: nullish, 7: nullish, 13: notForTheGru, optional: lstm ? 0 : 1 },
  )
  const N = 5
  const [, tape, ...call] = forwardArguments(counts)
  scan.forward(parameters, tape, ...call)
  const backwardArguments = [
    parameters.map((p) => f(p.length)),
    tape,
    ...call.slice(0, 11),
    f(N * H),
    f(B * H),
    f(B * H),
    f(N * I),
    false,
    f(B * H),
    f(B * H),
  ]
  attack(cell + ' backward', (...args) => scan.backward(...args), backwardArguments, {
    7: nullish,
    8: nullish,
    13: nullish,
    14: nullish,
    15: (x) => !lstm || nullish(x),
    16: nullish,
    19: notForTheGru,
    optional: lstm ? 0 : 1,
  })

  // Sizes whose products pass 2^64 and come out small, and layers that no machine has room for.
  throws('a huge scan', () => new Scan(cell, huge, huge, false))
  const large = new Scan(cell, 2 ** 24, 2 ** 24, false)
  throws('large weights', () =>
    large.forward(
      [f(64), f(64)],
      null,
      1,
      1,
      null,
      false,
      f(64),
      null,
      null,
      0,
      f(64),
      huge,
      0,
      f(64),
      f(64),
    ),
  )
  for (const [steps, batch, index] of [
    [huge, huge, 0],
    [1, huge, huge],
    [huge, 1, 0],
    [1, 1, huge],
  ]) {
    for (const tape of [f(64), null]) {
      const [states, ends] = [
        [f(64), f(64), index],
        [f(64), f(64)],
      ]
      throws('wrapping extents', () =>
        scan.forward(parameters, tape, steps, batch, null, false, f(64), ...states, f(64), H, 0, ...ends),
      )
      throws('wrapping rows', () =>
        scan.forward(
          parameters,
          tape,
          steps,
          batch,
          null,
          false,
          f(64),
          ...states,
          f(64),
          huge,
          huge - H,
          ...ends,
        ),
      )
    }
  }

  // Arrays whose elements take other arguments' memory away as they are read.
  const trap = (good, victim) =>
    good
      .map((_, i) => i)
      .reduce(
        (array, i) =>
          Object.defineProperty(array, i, {
            get: () => {
              if (victim.buffer.byteLength) structuredClone(victim, { transfer: [victim.buffer] })
              return good[i]
            },
          }),
        [],
      )
  for (const victim of [1, 6, 10]) {
    const args = forwardArguments(counts)
    throws('a trap forward', () => scan.forward(trap(parameters, args[victim]), ...args.slice(1)))
  }
  for (const victim of [1, 10, 16]) {
    const args = backwardArguments.map((value) => (isFloats(value) ? value.slice() : value))
    throws('a trap back', () => scan.backward(trap(args[0], args[victim]), ...args.slice(1)))
  }
  const own = parameters.map((p) => f(p.length))
  throws('a trap for itself', () => scan.backward(trap(own, own[0]), ...backwardArguments.slice(1)))

  // Receivers and constructors.
  throws('call of a class', () => Scan(cell, I, H, true))
  throws('forward of nothing', () => Scan.prototype.forward.call({}, ...forwardArguments(counts)))
  throws('forward of the prototype', () => Scan.prototype.forward(...forwardArguments(counts)))
  throws('backward of nothing', () => scan.backward.call(undefined, ...backwardArguments))
  throws('forward as a constructor', () => new scan.forward(...forwardArguments(counts)))
  throws('a proxy', () => new Proxy(scan, {}).forward(...forwardArguments(counts)))

  const { Stream } = binding
  const sizes = { 1: isSize, 2: isSize, 3: isSize, 5: isSize }
  attack('new Stream', (...args) => new Stream(...args), [cell, I, H, 2, true, B], sizes)
  throws('a huge stream', () => new Stream(cell, huge, huge, 1024, true, huge))
  const stream = new Stream(cell, I, H, 1, true, B)
  throws('a step without weights', () => stream.step(f(B * I), f(B * H)))
  attack(cell + ' load', (...args) => stream.load(...args), [0, parameters])
  attack(cell + ' step', (...args) => stream.step(...args), [f(B * I), f(B * H)])
  const ofLstm = { 1: notForTheGru, optional: lstm ? 0 : 1 }
  attack(cell + ' read', (...args) => stream.read(...args), [f(B * H), f(B * H)], ofLstm)
  attack(cell + ' write', (...args) => stream.write(...args), [f(B * H), f(B * H)], {
    0: nullish,
    1: (x) => !lstm || nullish(x),
    optional: 2,
  })
  throws('step of a scan', () => stream.step.call(scan, f(B * I), f(B * H)))
}

const [rows, I, O] = [3, 2, 4]
attack('linearForward', binding.linearForward, [rows, I, O, f(O * I), f(O), f(rows * I), f(rows * O)], {
  4: nullish,
})
attack(
  'linearBackward',
  binding.linearBackward,
  [rows, I, O, f(O * I), f(rows * I), f(rows * O), f(rows * I), f(O * I), f(O)],
  { 6: nullish, 8: nullish, optional: 1 },
)
throws('wrapping linear', () => binding.linearForward(huge, huge, huge, f(4), null, f(4), f(4)))
throws('wrapping linear', () => binding.linearForward(1, huge, huge, f(4), null, f(4), f(4)))
throws('wrapping linear', () => binding.linearBackward(huge, 4, huge, f(4), f(4), f(4), f(4), f(4), f(4)))
attack('activation', binding.activation, ['sigmoid', f(5), f(5)], {
  1: (x) => isFloats(x) && x.length < 5,
})
attack('setThreads', binding.setThreads, [1])
attack('chooseIsa', binding.chooseIsa, ['scalar'], { 0: (x) => typeof x === 'string' })
attack('adviseHugePages', binding.adviseHugePages, [f(5)], { 0: (x) => isFloats(x) })
console.log(JSON.stringify({ calls, unexpected }))
