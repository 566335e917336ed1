/** Laying out text in columns, for terminals. */

/** The width that text is laid out for: that of the terminal, and never more than 80. */
export function widthOf(columns: number | undefined): number {
  return Math.min(80, columns === undefined || columns < 40 ? 80 : columns)
}

/** Breaks text into lines of at most `width` characters, at spaces. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = `${indent}${word}`
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].join('\n')
}
