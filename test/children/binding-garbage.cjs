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
  if (value instanceof Uint8Array)
    return [1, [1], {}, 'x', Symbol(), value.subarray(1), new DataView(value.buffer)]
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
      [...value, f(3)],
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
// An array whose elements take memory away as they are read.
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
const isFloats = (x) => ArrayBuffer.isView(x) && x instanceof Float32Array
const isSize = (x) => typeof x === 'number' && x >= 1 && x <= huge
const nullish = (x) => x === null || x === undefined

const isNumber = (x) => typeof x === 'number' && !Number.isNaN(x)

// Fused cells, and of the staged ones those that differ in what they are handed: R outputs, vectors of their own, late gates.
const CELLS = [
  { cell: 'lstm', gates: 4, hasCell: true },
  { cell: 'gru', gates: 3, hasCell: false },
  { cell: 'lstm_variant', gates: 4, hasCell: true, outputs: 2, vectors: [3] },
  { cell: 'gru_before', gates: 3, hasCell: false },
  { cell: 'lstm_layer_norm', gates: 4, hasCell: true, vectors: [4, 4, 1, 1] },
]

// A pass whose sequences go in groups. Without counts and dropout in the way of what a size means.
const attackGroups = (cell, scan, parameters, [I, H, T, B], hasCell) => {
  const N = T * B
  const places = Int32Array.of(T, 1, T, ...Array.from({ length: B }, (_, b) => B - 1 - b))
  const tape = f(scan.tapeSize(N, 4, false))
  const sequence = [T, B, false, f(N * I), f(B * H), f(B * H), f(N * H), H, 0, -1, 0, 4]
  const rest = [f(B * H), f(B * H), f(N * I), places, f(N * H), places]
  const whole = (args) => [...args.slice(0, 4), null, ...args.slice(4, 11), null, ...args.slice(11)]
  const nullish5 = { 5: nullish, 6: nullish, 7: nullish }
  const noise = { 11: isNumber, 12: (x) => isNumber(x) && x >= 0 && x <= 2 ** 40, 13: isSize }
  const ofNoCell = () => !hasCell
  attack(
    cell + ' forward, in groups',
    (...args) => scan.forward(...whole(args)),
    [parameters, tape, ...sequence, ...rest, false],
    { 0: nullish, ...nullish5, ...noise, 15: ofNoCell, 16: nullish, 18: nullish },
  )
  const grads = parameters.map((p) => f(p.length))
  const given = [f(N * H), places, f(B * H), f(B * H), f(N * I), places, false, f(B * H), f(B * H)]
  attack(
    cell + ' backward, in groups',
    (...args) => scan.backward(...whole(args)),
    [grads, tape, ...sequence, ...given, f(scan.chainSize(B, 4)), B, 0, true, true, false],
    {
      ...{ 6: nullish, 7: nullish, ...noise, 14: nullish, 16: nullish, 18: nullish, 23: nullish },
      ...{ 17: (x) => !hasCell || nullish(x), 22: ofNoCell },
    },
  )
}

const { Scan } = binding
for (const { cell, gates: G, hasCell, outputs, vectors = [] } of CELLS) {
  const [I, H, T, B] = [2, 3, 3, 2]
  const R = outputs ?? H
  const form = [cell, I, H, R, true, Infinity, 0, 0]
  const noise = { 5: isNumber, 6: isNumber, 7: isNumber }
  attack('new Scan', (...args) => new Scan(...args), form, { 1: isSize, 2: isSize, ...noise })
  throws('more outputs than units', () => new Scan(cell, I, H, H + 1, true, Infinity, 0, 0))
  if (outputs === undefined && !cell.includes('_')) {
    throws('a fused cell with a projection', () => new Scan(cell, I, H, 1, true, Infinity, 0, 0))
  }
  const parameters = [
    f(G * H * I),
    f(G * H * R),
    f(G * H),
    f(G * H),
    ...(R === H ? [] : [f(R * H)]),
    ...vectors.map((perUnit) => f(perUnit * H)),
  ]
  const counts = Int32Array.of(2, 2, 1)
  const scan = new Scan(...form)
  const sequence = (counts) => {
    const N = counts ? 5 : 6
    return [T, B, counts, false, f(N * I), f(B * R), f(B * H), f(N * R), R, 0, f(B * R), 7, 0, 0]
  }
  // Of a caller whose sequences stand the other way round, and one after another.
  const places = Int32Array.of(T, 1, T, 1, 0)
  const given = [f(T * B * I), places]
  const forwardArguments = (counts) => {
    const tape = f(scan.tapeSize(counts ? 5 : 6, 0, false))
    return [
      ...[parameters, tape, ...sequence(counts), f(B * R), f(B * H), ...given, f(T * B * R), places],
      false,
    ]
  }
  const ofNoCell = () => !hasCell
  const ofNoise = { 12: nullish, 13: isNumber, 14: (x) => isNumber(x) && x >= 0 && x <= 2 ** 40 }
  attack(cell + ' tapeSize', (...args) => scan.tapeSize(...args), [5, 1, false], { 0: isSize, 1: isSize })
  attack(cell + ' suitsGroups', (...args) => scan.suitsGroups(...args), [B], { 0: isSize })
  attack(cell + ' suitsTiles', (...args) => scan.suitsTiles(...args), [B], { 0: isSize })
  attack(cell + ' chainSize', (...args) => scan.chainSize(...args), [5, 2], { 0: isSize, 1: isSize })
  const optional = {
    0: nullish,
    7: nullish,
    8: nullish,
    ...ofNoise,
    17: ofNoCell,
    18: nullish,
    20: nullish,
  }
  attack(cell + ' forward', (...args) => scan.forward(...args), forwardArguments(counts), optional)
  // Without counts in the way of what a size means.
  attack(
    cell + ' forward, equal lengths',
    (...args) => scan.forward(...args.slice(0, 4), null, ...args.slice(4)),
    forwardArguments(null).filter((_, i) => i !== 4),
    {
      ...{
        0: nullish,
        6: nullish,
        7: nullish,
        16: ofNoCell,
        17: nullish,
        19: nullish,
      },
      ...{ 11: ofNoise[12], 12: ofNoise[13], 13: ofNoise[14] },
    },
  )
  if (outputs === undefined && !cell.includes('_'))
    attackGroups(cell, scan, parameters, [I, H, T, 9], hasCell)
  attack(cell + ' inferSize', (...args) => scan.inferSize(...args), ['int8'])
  const kept = f(scan.inferSize('int8'))
  const inferArguments = () => [parameters, kept, ...forwardArguments(counts).slice(2, -1), 'int8']
  attack(cell + ' infer', (...args) => scan.infer(...args), inferArguments(), { ...optional, 15: isSize })
  // Only some processors have tiles, and only fused cells take them.
  if (cell.includes('_')) throws('tiles of a staged cell', () => scan.tapeSize(5, 0, true))
  throws('tiles in groups', () =>
    new Scan('gru', 128, 128, 128, true, Infinity, 0, 0).tapeSize(1024, 8, true),
  )
  throws('no weights', () => scan.forward(null, null, ...forwardArguments(counts).slice(2)))
  for (const missing of parameters.keys()) {
    const fewer = parameters.filter((_, i) => i !== missing)
    // Of a cell's vectors all may be left out, which is zeros.
    if (vectors.length === 1 && missing === parameters.length - 1) continue
    throws(cell + ', missing parameter ' + missing, () =>
      scan.forward(fewer, ...forwardArguments(counts).slice(1)),
    )
    throws(cell + ', missing parameter ' + missing, () => scan.infer(fewer, ...inferArguments().slice(1)))
  }
  const [, tape, ...call] = forwardArguments(counts)
  scan.forward(parameters, tape, ...call)
  const backwardArguments = [
    parameters.map((p) => f(p.length)),
    tape,
    ...call.slice(0, 14),
    f(T * B * R),
    places,
    f(B * R),
    f(B * H),
    f(T * B * I),
    places,
    false,
    f(B * R),
    f(B * H),
    f(scan.chainSize(B, 0)),
    B,
    0,
    true,
    true,
    false,
  ]
  attack(cell + ' backward', (...args) => scan.backward(...args), backwardArguments, {
    7: nullish,
    8: nullish,
    ...ofNoise,
    16: nullish,
    18: nullish,
    19: (x) => !hasCell || nullish(x),
    20: nullish,
    24: ofNoCell,
    25: nullish,
  })
  const chained = (chain, ...rest) => scan.backward(...backwardArguments.slice(0, 25), chain, ...rest, false)
  chained(backwardArguments[25], B, 1, false, false)
  for (const [wrong, reason] of [
    [Int32Array.of(T, 1, T, 1, -1), 'a sequence before the first'],
    [Int32Array.of(T, -1, T, 1, 0), 'steps that go back'],
    [Int32Array.of(T, 0, T, 1, 0), 'steps in one place'],
    [Int32Array.of(T, 1, T, 2, 0), 'a sequence past the last'],
    [Int32Array.of(T, B + 1, 1, 1, 0), 'steps too far apart'],
    [Int32Array.of(T - 1, 1, T, 1, 0), 'fewer steps'],
    [Int32Array.of(T + 1, 2, 1, 1, 0), 'more steps than there is room for'],
    [Int32Array.of(T, 1, T, 0), 'fewer sequences'],
    [Int32Array.of(T, 1, T), 'no sequence'],
    [new Int32Array(5).fill(2 ** 31 - 1), 'places past all memory'],
  ]) {
    for (const i of [19, 21]) {
      throws(reason, () => scan.forward(...forwardArguments(counts).with(i, wrong)))
      throws(reason, () => scan.infer(...inferArguments().with(i, wrong)))
    }
    for (const i of [17, 21]) throws(reason, () => scan.backward(...backwardArguments.with(i, wrong)))
  }
  throws('going on from nothing', () => chained(null, B, 0, false, true))
  throws('going on to nothing', () => chained(null, B, 0, true, false))
  throws('rows from nothing', () => chained(null, B, 1, true, true))
  throws('more rows than there are', () => chained(f(scan.chainSize(9, 0)), 9, B + 1, false, false))
  throws('a chain for fewer sequences', () => chained(f(scan.chainSize(B, 0)), B - 1, 0, true, true))
  throws('a chain for more sequences', () => chained(f(scan.chainSize(B, 0)), B + 9, 0, true, true))

  // Sizes whose products pass 2^64 and come out small, and layers that no machine has room for.
  throws('a huge scan', () => new Scan(cell, huge, huge, huge, false, Infinity, 0, 0))
  const large = new Scan(cell, 2 ** 24, 2 ** 24, 2 ** 24, false, Infinity, 0, 0)
  throws('large weights', () =>
    large.forward(
      [f(64), f(64)],
      null,
      ...[1, 1, null, false, f(64), null, null, f(64), huge, 0, null, -1, 0, 0],
      f(64),
      f(64),
      ...[null, null, null, null, false],
    ),
  )
  for (const [steps, batch] of [
    [huge, huge],
    [1, huge],
    [huge, 1],
  ]) {
    for (const tape of [f(64), null]) {
      const begin = [steps, batch, null, false, f(64), f(64), f(64), f(64)]
      const end = [f(64), -1, 0, false, f(64), f(64)]
      const last = [null, null, null, null, false]
      throws('wrapping extents', () => scan.forward(parameters, tape, ...begin, R, 0, ...end, ...last))
      throws('wrapping rows', () => scan.forward(parameters, tape, ...begin, huge, huge - R, ...end, ...last))
      throws('wrapping inference', () =>
        scan.infer(parameters, tape, ...begin, R, 0, ...end, ...last.with(-1, 'float32')),
      )
    }
  }

  for (const victim of [1, 6, 9]) {
    const args = forwardArguments(counts)
    throws('a trap forward', () => scan.forward(trap(parameters, args[victim]), ...args.slice(1)))
    const others = inferArguments()
    throws('a trap in inference', () => scan.infer(trap(parameters, others[victim]), ...others.slice(1)))
  }
  for (const victim of [1, 9, 16, 25]) {
    const args = backwardArguments.map((value) => (isFloats(value) ? value.slice() : value))
    throws('a trap back', () => scan.backward(trap(args[0], args[victim]), ...args.slice(1)))
  }
  const own = parameters.map((p) => f(p.length))
  throws('a trap for itself', () => scan.backward(trap(own, own[0]), ...backwardArguments.slice(1)))

  // Receivers and constructors.
  throws('call of a class', () => Scan(...form))
  throws('forward of nothing', () => Scan.prototype.forward.call({}, ...forwardArguments(counts)))
  throws('forward of the prototype', () => Scan.prototype.forward(...forwardArguments(counts)))
  throws('backward of nothing', () => scan.backward.call(undefined, ...backwardArguments))
  throws('forward as a constructor', () => new scan.forward(...forwardArguments(counts)))
  throws('a proxy', () => new Proxy(scan, {}).forward(...forwardArguments(counts)))

  const { Stream } = binding
  const sizes = { 1: isSize, 2: isSize, 8: isSize, 9: isSize, ...noise }
  attack('new Stream', (...args) => new Stream(...args), [...form, 2, B, 'float32'], sizes)
  throws(
    'a huge stream',
    () => new Stream(cell, 2 ** 24, 2 ** 24, 2 ** 24, true, Infinity, 0, 0, 1024, huge, 'int8'),
  )
  const stream = new Stream(...form, 1, B, 'bfloat16')
  throws('a step without weights', () => stream.step(f(B * I), f(B * R)))
  attack(cell + ' load', (...args) => stream.load(...args), [0, parameters])
  attack(cell + ' step', (...args) => stream.step(...args), [f(B * I), f(B * R)])
  attack(cell + ' read', (...args) => stream.read(...args), [f(B * R), f(B * H)], {
    1: ofNoCell,
    optional: hasCell ? 0 : 1,
  })
  attack(cell + ' write', (...args) => stream.write(...args), [f(B * R), f(B * H)], {
    0: nullish,
    1: (x) => !hasCell || nullish(x),
    optional: 2,
  })
  throws('step of a scan', () => stream.step.call(scan, f(B * I), f(B * R)))
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
const head = () => new binding.LinearStream(I, O, rows)
attack('new LinearStream', (...args) => new binding.LinearStream(...args), [I, O, rows], {
  0: isSize,
  1: isSize,
  2: isSize,
})
throws('a step without weights', () => head().step(f(rows * I), f(rows * O)))
const loaded = head()
attack('LinearStream.load', (...args) => loaded.load(...args), [f(O * I), f(O)], { 1: nullish, optional: 1 })
attack('LinearStream.step', (...args) => loaded.step(...args), [f(rows * I), f(rows * O)])
// Three steps of two sequences that stand the other way round.
for (const name of ['gatherRows', 'scatterRows']) {
  const places = Int32Array.of(3, 2, 1, 1, 0)
  attack(name, binding[name], [f(12), f(12), places, 2], { 3: (x) => x === 1 })
  for (const [wrong, reason] of [
    [Int32Array.of(3, 2, 1, 2, 0), 'a sequence past the last'],
    [Int32Array.of(3, 3, 1, 1, 0), 'steps too far apart'],
    [Int32Array.of(4, 2, 1, 1, 0), 'as many steps as there are not'],
    [Int32Array.of(0, 2, 1, 1, 0), 'no step'],
    [Int32Array.of(3, 2, 1, 1, -1), 'a sequence before the first'],
    [new Int32Array(5).fill(2 ** 31 - 1), 'places past all memory'],
  ]) {
    throws(name + ': ' + reason, () => binding[name](f(12), f(12), wrong, 2))
  }
}
// Losses of one number, of two, and several of one target. A longer target asks for more of the others.
for (const [loss, inputs, coefficients] of [
  ['bce_with_logits', 1, Float64Array.of(0)],
  ['gaussian', 2, Float64Array.of(0)],
  ['pinball', 1, Float64Array.of(0.1, 0.5, 0.9)],
]) {
  const [targets, count] = [50, 50 * coefficients.length]
  const flags = new Uint8Array(count).fill(1)
  const given = [f(count * inputs), f(targets), flags, 7, f(count * inputs), f(count)]
  const call = (...args) => binding.elementLosses(...args)
  // Without those arguments for which there is no garbage, or too much of it.
  attack(loss, (name, ...rest) => call(name, coefficients, ...rest), [loss, ...given], {
    2: (x) => isFloats(x) && x.length < targets,
    3: (x) => nullish(x) || (x instanceof Uint8Array && x.length >= count),
    4: isNumber,
    6: nullish,
    optional: 1,
  })
  const with_ = (i, value) => () =>
    call(loss, coefficients, ...given.map((good, at) => (at === i ? value : good)))
  for (const bad of [f(count), flags.subarray(1), [1], 1, {}, new Int8Array(count)])
    throws('flags', with_(2, bad))
  throws('a longer target', with_(1, f(targets + 1)))
  for (const bad of [f(3), new Float64Array(0), [0.5], null, new Float64Array(2 ** 16)]) {
    throws('coefficients', () => call(loss, bad, ...given))
  }
}
// Rules with no buffer, one, and three; two parameters each.
for (const [rule, coefficients, buffers] of [
  ['average', 1, 0],
  ['sgd_nesterov', 4, 1],
  ['adam_amsgrad', 9, 3],
]) {
  const arrays = () => [3, 21].flatMap((size) => Array.from({ length: 2 + buffers }, () => f(size)))
  const update = (list) => binding.updateParameters(rule, f(coefficients), list)
  attack(rule, binding.updateParameters, [rule, f(coefficients), arrays()], {
    // No parameters; one fewer, where that has as many arrays as are left; all of one size.
    2: (x) => Array.isArray(x) && (x.length === 0 || x.every((a) => isFloats(a) && a.length <= 1)),
  })
  throws('an array of another length', () => update(arrays().map((a, i) => (i === 1 ? f(4) : a))))
  throws('too many arrays', () => update(new Array(2 ** 32 - 1)))
  const list = arrays()
  throws('a trap for a list', () => update(trap(list, list[0])))
}
for (const [name, ...rest] of [['sumOfSquares'], ['scaleArrays', 0.5], ['clampArrays', 0.5]]) {
  attack(name, binding[name], [[f(3), f(21)], ...rest], {
    0: (x) => Array.isArray(x) && x.every(isFloats),
    1: (x) => typeof x === 'number' && (name === 'scaleArrays' || isNumber(x)),
  })
}
attack('activation', binding.activation, ['sigmoid', f(5), f(5)], {
  1: (x) => isFloats(x) && x.length < 5,
})
attack('setThreads', binding.setThreads, [1])
attack('chooseIsa', binding.chooseIsa, ['scalar'], { 0: (x) => typeof x === 'string' })
attack('adviseHugePages', binding.adviseHugePages, [f(5)], { 0: (x) => isFloats(x) })
attack('beforeLine', binding.beforeLine, [f(5)], { 0: (x) => isFloats(x) })
console.log(JSON.stringify({ calls, unexpected }))
