/** Numbers in units that people read. */

const TIME_UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
] as const

/** `152 µs`, `1.02 s`: three significant digits. */
export function formatTime(ns: number): string {
  if (ns === 0) return '0'
  for (const [size, unit] of TIME_UNITS) if (Math.abs(ns) >= size || size === 1) return `${significant(ns / size)} ${unit}`
  return '0'
}

/** `12,345`. */
export function formatCount(count: number): string {
  return Math.round(count).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** `1 packet`, `12,345 packets`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 && share > 0 ? 2 : 1)} %`
}

/** `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = bytes
  let unit = 0
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${significant(size)} ${units[unit]}`
}

/** Three significant digits or so: `4.49`, `154`. */
export function significant(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return Number(value.toFixed(digits)).toString()
}
