/**
 * A line search for the strong Wolfe conditions: bracket, then zoom (J. Nocedal, S. J. Wright, "Numerical
 * Optimization", 2nd ed., algorithms 3.5 and 3.6), with the interpolation, the safeguards and the order of the
 * tests that PyTorch's LBFGS has, so that both try the same steps.
 */

/** The function along the search line, at one step from its start. */
export interface LinePoint {
  /** The step, in units of the direction. */
  readonly step: number
  readonly loss: number
  /** The gradient in all parameters. */
  readonly gradient: Float64Array
  /** The directional derivative: gradient · direction. */
  readonly slope: number
}

/** What a line search found. */
export interface LineSearchResult {
  readonly point: LinePoint
  /** How often the function was evaluated. */
  readonly evaluations: number
}

/** Sufficient decrease: loss(t) ≤ loss(0) + C1·t·slope(0). */
const C1 = 1e-4
/** Sufficient flattening: |slope(t)| ≤ C2·|slope(0)|. */
const C2 = 0.9
/** A bracket whose ends are less than this apart, in the parameter that differs most, is not divided further. */
const LEAST_WIDTH = 1e-9

type Bracket = [LinePoint, LinePoint]

/**
 * Searches along a line for a point that satisfies the strong Wolfe conditions.
 *
 * @param evaluate gives the function at a step; its gradient must be the caller's to keep
 * @param start the function at step 0, with a slope below 0
 * @param firstStep the step to try first, above 0
 * @param reach the largest absolute component of the direction
 * @param maxTrials how many steps may be tried after the first
 * @returns the point found; where the trials run out, the best end of the bracket (which may be `start`)
 */
export function strongWolfe(
  evaluate: (step: number) => LinePoint,
  start: LinePoint,
  firstStep: number,
  reach: number,
  maxTrials: number,
): LineSearchResult {
  let trials = 0
  let evaluations = 0
  const tryStep = (step: number): LinePoint => {
    evaluations++
    return evaluate(step)
  }
  const decreasesTooLittle = (point: LinePoint): boolean =>
    point.loss > start.loss + C1 * point.step * start.slope
  const isFlatEnough = (point: LinePoint): boolean => Math.abs(point.slope) <= -C2 * start.slope

  // Bracketing: longer and longer steps, until a minimum must lie between two of them.
  let bracket: Bracket | undefined
  let previous = start
  let current = tryStep(firstStep)
  while (trials < maxTrials && bracket === undefined) {
    if (decreasesTooLittle(current) || (trials > 1 && current.loss >= previous.loss)) {
      bracket = [previous, current]
    } else if (isFlatEnough(current)) {
      return { point: current, evaluations }
    } else if (current.slope >= 0) {
      bracket = [previous, current]
    } else {
      const least = current.step + 0.01 * (current.step - previous.step)
      const step = cubicMinimum(previous, current, least, 10 * current.step)
      previous = current
      current = tryStep(step)
      trials++
    }
  }
  if (bracket === undefined) return { point: start.loss <= current.loss ? start : current, evaluations }

  // Zoom: the bracket's better end, `low`, always decreases sufficiently; the other end gives way.
  let low = lowerEnd(bracket)
  let wasNearEnd = false
  while (trials < maxTrials && !(Math.abs(bracket[1].step - bracket[0].step) * reach < LEAST_WIDTH)) {
    const trial = safeguard(bracket, wasNearEnd)
    wasNearEnd = trial.isNearEnd
    const point = tryStep(trial.step)
    trials++
    if (decreasesTooLittle(point) || point.loss >= bracket[low].loss) {
      bracket[other(low)] = point
      low = lowerEnd(bracket)
      continue
    }
    if (isFlatEnough(point)) return { point, evaluations }
    // Here the function falls from the new low end towards the old one: the minimum lies between these two.
    if (point.slope * (bracket[other(low)].step - bracket[low].step) >= 0) bracket[other(low)] = bracket[low]
    bracket[low] = point
  }
  return { point: bracket[low], evaluations }
}

const other = (end: 0 | 1): 0 | 1 => (end === 0 ? 1 : 0)

const lowerEnd = (bracket: Bracket): 0 | 1 => (bracket[0].loss <= bracket[1].loss ? 0 : 1)

/**
 * The next step to try within a bracket: the cubic's minimum, unless that comes within a tenth of an end for the
 * second time running, or lies on an end: then a tenth away from that end.
 */
function safeguard(bracket: Bracket, wasNearEnd: boolean): { step: number; isNearEnd: boolean } {
  const least = Math.min(bracket[0].step, bracket[1].step)
  const most = Math.max(bracket[0].step, bracket[1].step)
  const step = cubicMinimum(bracket[0], bracket[1], least, most)
  const margin = 0.1 * (most - least)
  if (!(Math.min(most - step, step - least) < margin)) return { step, isNearEnd: false }
  if (!wasNearEnd && step < most && step > least) return { step, isNearEnd: true }
  const isNearMost = Math.abs(step - most) < Math.abs(step - least)
  return { step: isNearMost ? most - margin : least + margin, isNearEnd: false }
}

/**
 * The minimum, kept within [least, most], of the cubic with the losses and slopes of two points (Nocedal & Wright,
 * equation 3.59); the middle of [least, most] where that cubic has none.
 */
export function cubicMinimum(a: LinePoint, b: LinePoint, least: number, most: number): number {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.step - b.step)
  const square = d1 * d1 - a.slope * b.slope
  if (!(square >= 0)) return (least + most) / 2
  const d2 = Math.sqrt(square)
  // The formula is symmetric but for rounding: the further point first, as PyTorch has it.
  const [near, far] = a.step <= b.step ? [a, b] : [b, a]
  const share = (far.slope + d2 - d1) / (far.slope - near.slope + 2 * d2)
  return Math.min(Math.max(far.step - (far.step - near.step) * share, least), most)
}
