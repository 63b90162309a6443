/** How wide columns are made: Go's text/tabwriter parameters. */
export interface Gutters {
  minWidth: number
  padding: number
}

/** kubectl's tables. */
export const TABLE: Gutters = { minWidth: 6, padding: 3 }
/** kubectl's descriptions. */
export const DESCRIPTION: Gutters = { minWidth: 0, padding: 2 }

/**
 * Aligns tab-separated text as Go's text/tabwriter does: a column reaches over the consecutive lines that have a
 * tab there, and is as wide as its widest cell. The last cell of a line belongs to no column and is not padded.
 */
export function alignTabs(text: string, { minWidth, padding }: Gutters): string {
  const lines = text.split('\n').map((line) => line.split('\t'))
  const widths = lines.map((): number[] => [])
  const columns = Math.max(...lines.map((cells) => cells.length)) - 1
  for (let column = 0; column < columns; column++) {
    for (let first = 0, next = 0; first < lines.length; first = next + 1) {
      next = first
      let width = minWidth
      while (next < lines.length && column < lines[next]!.length - 1) width = Math.max(width, widthOf(lines[next++]![column]!) + padding)
      for (let line = first; line < next; line++) widths[line]![column] = width
    }
  }
  return lines.map((cells, line) => cells.map((cell, column) => pad(cell, widths[line]![column] ?? 0)).join('')).join('\n')
}

/** In characters, not code units. */
function widthOf(cell: string): number {
  return [...cell].length
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)))
}
