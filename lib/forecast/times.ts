/** When the rows behind a series' last one will be, and how a point in time is written. */

const DAY = 86_400_000

/** Goes on by so many steps. */
export type Clock = (steps: number) => number

/**
 * Goes on from the last of some times as they went: by whole months where all are on one day of the month, else by the
 * median step.
 */
export function clockAfter(times: ArrayLike<number>, areDates: boolean): Clock {
  const recent = Array.prototype.slice.call(times, -RECENT) as number[]
  const last = recent.at(-1) ?? 0
  const months = areDates ? monthsBetween(recent) : undefined
  if (months !== undefined) return (steps) => addMonths(last, months * steps)
  const gaps = recent.slice(1).map((time, at) => time - (recent[at] ?? 0))
  const step = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 1
  return (steps) => last + step * steps
}

/** The latest times say how it goes on; more of them would cost and not help. */
const RECENT = 64

/** The months from each date to the next, where that is the same number throughout and the day of the month too. */
function monthsBetween(times: readonly number[]): number | undefined {
  if (times.length < 3) return undefined
  const dates = times.map((time) => new Date(time))
  const months = dates.map((date) => date.getUTCFullYear() * 12 + date.getUTCMonth())
  const step = (months[1] ?? 0) - (months[0] ?? 0)
  const [day = 0] = dates.map((date) => date.getUTCDate())
  const isEven = months.every((month, at) => at === 0 || month - (months[at - 1] ?? 0) === step)
  const isSameDay = dates.every(
    (date, at) => date.getUTCDate() === day && (times[at] ?? 0) % DAY === (times[0] ?? 0) % DAY,
  )
  return step > 0 && day <= 28 && isEven && isSameDay ? step : undefined
}

function addMonths(time: number, months: number): number {
  const date = new Date(time)
  return date.setUTCMonth(date.getUTCMonth() + months)
}

/** A date as ISO 8601, the day alone where all are midnight; a number as it is. */
export function timeText(time: number, areDates: boolean, areDays: boolean): string {
  if (!areDates) return String(time)
  const text = new Date(time).toISOString()
  return areDays ? text.slice(0, 10) : text.replace('.000Z', 'Z')
}

/** Whether all times are midnight. */
export function areMidnights(times: ArrayLike<number>): boolean {
  return (Array.prototype.slice.call(times, -RECENT) as number[]).every((time) => time % DAY === 0)
}
