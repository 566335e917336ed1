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
  const forwardArguments = (counts) => {
    const N = counts ? 5 : 6
    return [
      parameters,
      T,
      B,
      counts,
      false,
      f(N * I),
      f(B * H),
      f(B * H),
      0,
      f(N * H),
      H,
      0,
      f(B * H),
      f(B * H),
      true,
    ]
  }
  const scan = new Scan(cell, I, H, true)
  const notForTheGru = (x) => !lstm
  const optional = { 6: nullish, 7: nullish, 13: notForTheGru }
  attack(cell + ' forward', (...args) => scan.forward(...args), forwardArguments(counts), optional)
  // Without counts in the way of what a size means.
  attack(
    cell + ' forward, equal lengths',
    (...args) => scan.forward(...args.slice(0, 3), null, ...args.slice(3)),
    forwardArguments(null).filter((_, i) => i !== 3),
    { 5: nullish, 6: nullish, 12: notForTheGru },
  )
  const N = 5
  const backwardArguments = [
    f(N * I),
    f(B * H),
    f(B * H),
    f(N * H),
    f(N * H),
    f(B * H),
    f(B * H),
    f(N * I),
    false,
    f(B * H),
    f(B * H),
    parameters.map((p) => f(p.length)),
  ]
  const tape = scan.forward(...forwardArguments(counts))
  attack(cell + ' backward', (...args) => tape.backward(...args), backwardArguments, {
    1: nullish,
    2: nullish,
    4: nullish,
    5: nullish,
    6: (x) => !lstm || nullish(x),
    7: nullish,
    10: notForTheGru,
  })

  // Sizes whose products pass 2^64 and come out small.
  const wrapping = new Scan(cell, huge, huge, false)
  throws('wrapping weights', () =>
    wrapping.forward(
      [f(64), f(64)],
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
      true,
    ),
  )
  for (const [steps, batch, index] of [
    [huge, huge, 0],
    [1, huge, huge],
    [huge, 1, 0],
    [1, 1, huge],
  ]) {
    for (const keep of [true, false]) {
      throws('wrapping extents', () =>
        scan.forward(
          parameters,
          steps,
          batch,
          null,
          false,
          f(64),
          f(64),
          f(64),
          index,
          f(64),
          H,
          0,
          f(64),
          f(64),
          keep,
        ),
      )
      throws('wrapping rows', () =>
        scan.forward(
          parameters,
          steps,
          batch,
          null,
          false,
          f(64),
          f(64),
          f(64),
          index,
          f(64),
          huge,
          huge - H,
          f(64),
          f(64),
          keep,
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
  const x = f(N * I)
  throws('a trap forward', () =>
    scan.forward(trap(parameters, x), T, B, counts, false, x, ...forwardArguments(counts).slice(6)),
  )
  const out = f(N * H)
  throws('a trap back', () =>
    tape.backward(
      ...backwardArguments.slice(0, 3),
      out,
      ...backwardArguments.slice(4, 11),
      trap(backwardArguments[11], out),
    ),
  )
  const own = parameters.map((p) => f(p.length))
  throws('a trap for itself', () => tape.backward(...backwardArguments.slice(0, 11), trap(own, own[0])))
  const ending = scan.forward(...forwardArguments(counts))
  throws('released on the way', () =>
    ending.backward(
      ...backwardArguments.slice(0, 11),
      Object.defineProperty([...own], 1, { get: () => ending.release() }),
    ),
  )

  // Receivers and constructors.
  throws('call of a class', () => Scan(cell, I, H, true))
  throws('forward of nothing', () => Scan.prototype.forward.call({}, ...forwardArguments(counts)))
  throws('forward of a tape', () => Scan.prototype.forward.call(tape, ...forwardArguments(counts)))
  throws('forward of the prototype', () => Scan.prototype.forward(...forwardArguments(counts)))
  throws('backward of a scan', () => tape.backward.call(scan, ...backwardArguments))
  throws('forward as a constructor', () => new scan.forward(...forwardArguments(counts)))
  throws('a proxy', () => new Proxy(scan, {}).forward(...forwardArguments(counts)))
  throws('release of nothing', () => tape.release.call(undefined))
  const bare = new tape.constructor()
  bare.release()
  throws('a tape from nowhere', () => bare.backward(...backwardArguments))
  tape.release()
  tape.release()
  throws('a released tape', () => tape.backward(...backwardArguments))
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
