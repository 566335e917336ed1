/** The times behind a series' last row go on as they went. */
import { areMidnights, clockAfter, timeText } from '../lib/forecast/times'

const days = (...texts: string[]): number[] => texts.map((text) => Date.parse(`${text}Z`))
const next = (times: number[], steps: number): string =>
  timeText(clockAfter(times, true)(steps), true, areMidnights(times))

test.each<[string, number[], number, string]>([
  ['days', days('2024-02-27', '2024-02-28'), 2, '2024-03-01'],
  ['weeks', days('2024-12-16', '2024-12-23'), 2, '2025-01-06'],
  ['months, of unequal length', days('2023-11-01', '2023-12-01', '2024-01-01'), 2, '2024-03-01'],
  ['quarters', days('2023-04-01', '2023-07-01', '2023-10-01'), 1, '2024-01-01'],
  ['years', days('2021-01-01', '2022-01-01', '2023-01-01'), 2, '2025-01-01'],
  ['hours', days('2024-01-01T22:00', '2024-01-01T23:00'), 1, '2024-01-02T00:00:00Z'],
  [
    'hours with one missing',
    days('2024-01-01T20:00', '2024-01-01T22:00', '2024-01-01T23:00', '2024-01-02T00:00'),
    1,
    '2024-01-02T01:00:00Z',
  ],
  ['days after a holiday', days('2024-01-01', '2024-01-02', '2024-01-03', '2024-01-08'), 1, '2024-01-09'],
])('%s', (_, times, steps, expected) => {
  expect(next(times, steps)).toBe(expected)
})

test('numbers stay numbers', () => {
  expect(timeText(clockAfter([10, 12.5, 15], false)(3), false, false)).toBe('22.5')
})
