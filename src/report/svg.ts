/** Colours that differ to people who do not see red and green apart (Okabe and Ito). */
export const COLOURS = { vermillion: '#d55e00', orange: '#e69f00', blue: '#0072b2', green: '#009e73', sky: '#56b4e9', purple: '#cc79a7', grey: '#999999' } as const

export const FAINT = '#555555'
const GRID = '#dddddd'

export interface Page {
  width: number
  height: number
  title: string
  /** Where the title stands. */
  left: number
}

/** A picture by itself, in a file. */
export function page({ width, height, title, left }: Page, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222222">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${left}" y="30" font-size="${titleSize(title, width - left)}" font-weight="bold">${escape(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

/** As large as the line has room for: bold letters are some six tenths as wide as high. */
function titleSize(title: string, room: number): number {
  return Math.min(18, round(room / (0.62 * title.length)))
}

/** Something drawn from 0, 0 on, moved there. */
export function moved(x: number, y: number, what: string): string {
  return `<g transform="translate(${round(x)},${round(y)})">${what}</g>`
}

export function heading(text: string): string {
  return `<text y="-12" font-size="14" font-weight="bold">${escape(text)}</text>`
}

/** Squares of colour with what they stand for, so far apart. */
export function legend(entries: readonly (readonly [string, string])[], apart: number): string {
  return entries.map(([name, colour], i) => moved(i * apart, 0, `<rect width="14" height="14" fill="${colour}"/><text x="20" y="12">${escape(name)}</text>`)).join('')
}

export interface Tick {
  at: number
  label: string
}

/** The grid of a horizontal axis below a panel of that height. */
export function ticksAcross(ticks: readonly Tick[], height: number): string {
  return ticks.map(({ at, label }) => moved(at, 0, `<line y2="${height}" stroke="${GRID}"/><text y="${height + 18}" text-anchor="middle">${escape(label)}</text>`)).join('')
}

/** The grid of a vertical axis beside a panel of that width. */
export function ticksUp(ticks: readonly Tick[], width: number): string {
  return ticks.map(({ at, label }) => moved(0, at, `<line x2="${width}" stroke="${GRID}"/><text x="-8" y="4" text-anchor="end">${escape(label)}</text>`)).join('')
}

/** The powers of ten within the domain of a logarithmic scale. */
export function powersOfTen(domain: readonly number[]): number[] {
  const [low = 1, high = 10] = domain
  const found: number[] = []
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * (1 + 1e-9); power++) found.push(10 ** power)
  return found
}

/** Coordinates of a tenth of a pixel: the same picture in half the bytes. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Names and questions are their author's. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}
