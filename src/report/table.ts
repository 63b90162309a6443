/** Columns as kubectl lays them out: the first to the left, numbers to the right, two spaces between. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => (column === 0 || isText(rows, column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ').trimEnd()).join('\n')
}

/** A column of bars, words or addresses is set to the left. */
function isText(rows: readonly (readonly string[])[], column: number): boolean {
  return rows.slice(1).every((row) => !/^[-<\d](?!\d*\.\d+\.)/.test(row[column] ?? ''))
}
