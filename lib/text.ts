/** Numbers and durations as people read them, in one line. */

/** Three significant digits, without an exponent where plain digits are short. */
export function number(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(1)
  const decimals = size === 0 ? 0 : Math.min(7, Math.max(0, 2 - Math.floor(Math.log10(size))))
  return value.toFixed(decimals)
}

/** A duration as a person says it: `8 s`, `3 min 5 s`, `1 h 12 min`; `?` where it is not known. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
