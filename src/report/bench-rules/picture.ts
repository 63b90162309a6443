import { scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { formatTime } from '../units.ts'
import { COLUMNS } from './columns.ts'
import { SERIES, type Check, type GrowthRow, type RuleGrowth, type Series } from './rule-growth.ts'

/** Colours that differ to people who do not see red and green apart (Okabe and Ito). */
const COLOURS: Record<Series, string> = { 'iptables-nft': '#d55e00', 'iptables-legacy': '#e69f00', ipvs: '#0072b2', nftables: '#009e73', userspace: '#999999' }

const WIDTH = 1000
const PANEL = { width: 400, height: 250 }
const LEFT = 80
const TOP = 120
const GAP = { x: 90, y: 90 }
const HEIGHT = TOP + 2 * PANEL.height + GAP.y + 110

const FOOTER = [
  'Lines: everything in the cache; dashes: nothing in it. Rings: recorded, hot; those of iptables stand at twice their Services,',
  'because kube-proxy 1.20, whose rules were measured, wrote two rules for each Service where it writes one now.',
]

interface Panel {
  title: string
  column: string
  tick: (value: number) => string
  /** What was recorded, as points. */
  recorded?: (checks: readonly Check[]) => { series: Series; services: number; value: number }[]
}

const PANELS: readonly Panel[] = [
  { title: 'first packet to the last Service', column: 'first packet to the last Service', tick: formatTime, recorded: recordedLast },
  { title: 'connections a second that one core can open', column: 'connections a second that one core can open', tick: short },
  { title: 'time to write one change', column: 'time to write one change', tick: formatTime },
  { title: "kernel memory of one node's rules", column: "kernel memory of one node's rules", tick: decimalBytes },
]

/** Four panels with logarithmic axes: lines for a hot cache, dashes for a cold one, rings for what was recorded. */
export function ruleGrowthPicture(growth: RuleGrowth): string {
  const series = SERIES.filter((name) => growth.rows.some((row) => row.series === name))
  const panels = PANELS.map((panel, i) => {
    const x = LEFT + (i % 2) * (PANEL.width + GAP.x)
    const y = TOP + Math.floor(i / 2) * (PANEL.height + GAP.y)
    return `<g transform="translate(${x},${y})">${panelOf(panel, growth, series)}</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="30" font-size="18" font-weight="bold">How rules grow with Services (${growth.endpoints} endpoints each)</text>`,
    legend(series),
    ...panels,
    ...FOOTER.map((text, i) => `<text x="${LEFT}" y="${HEIGHT - 36 + 18 * i}" fill="#555555">${text}</text>`),
    '</svg>',
    '',
  ].join('\n')
}

function legend(series: readonly Series[]): string {
  return series.map((name, i) => `<g transform="translate(${LEFT + i * 150},50)"><rect width="14" height="14" fill="${COLOURS[name]}"/><text x="20" y="12">${name}</text></g>`).join('')
}

function panelOf(panel: Panel, { rows, checks }: RuleGrowth, series: readonly Series[]): string {
  const column = COLUMNS.find(({ title }) => title === panel.column)
  if (column === undefined) return ''
  const points = panel.recorded?.(checks) ?? []
  const values = [...rows.flatMap((row) => column.of(row)), ...points.map(({ value }) => value)].filter((value) => value > 0)
  const x = scaleLog().domain(extent([...rows, ...points].map(({ services }) => services))).range([0, PANEL.width])
  const y = scaleLog().domain(extent(values)).range([PANEL.height, 0]).nice()
  const lines = series.map((name) => seriesOf(rows.filter((row) => row.series === name), column.of, x, y, COLOURS[name]))
  const rings = points.map(({ series: of, services, value }) => `<circle cx="${round(x(services))}" cy="${round(y(value))}" r="4" fill="none" stroke="${COLOURS[of]}" stroke-width="1.5"/>`)
  return [`<text y="-12" font-size="14" font-weight="bold">${panel.title}</text>`, axes(x, y, panel.tick), ...lines, ...rings].join('')
}

type Scale = (value: number) => number

function seriesOf(rows: readonly GrowthRow[], of: (row: GrowthRow) => readonly number[], x: Scale, y: Scale, colour: string): string {
  const styles = [`stroke-width="2.5"`, `stroke-width="1.2" stroke-dasharray="4 3"`]
  return styles.map((style, i) => {
    const points = rows.flatMap((row) => {
      const value = of(row)[i]
      return value === undefined || value <= 0 ? [] : [[round(x(row.services)), round(y(value))] as [number, number]]
    })
    return points.length === 0 ? '' : `<path d="${line()(points) ?? ''}" fill="none" stroke="${colour}" ${style}/>`
  }).join('')
}

function axes(x: ReturnType<typeof scaleLog<number>>, y: ReturnType<typeof scaleLog<number>>, tick: (value: number) => string): string {
  const across = powers(x.domain()).map((value) => `<g transform="translate(${round(x(value))},0)"><line y2="${PANEL.height}" stroke="#dddddd"/><text y="${PANEL.height + 18}" text-anchor="middle">${short(value)}</text></g>`)
  const up = powers(y.domain()).map((value) => `<g transform="translate(0,${round(y(value))})"><line x2="${PANEL.width}" stroke="#dddddd"/><text x="-8" y="4" text-anchor="end">${tick(value)}</text></g>`)
  return [...across, ...up, `<text x="${PANEL.width / 2}" y="${PANEL.height + 38}" text-anchor="middle" fill="#555555">Services</text>`].join('')
}

/** The powers of ten in there. */
function powers(domain: readonly number[]): number[] {
  const [low = 1, high = 10] = domain
  const found: number[] = []
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * (1 + 1e-9); power++) found.push(10 ** power)
  return found
}

/** First packets to the last Service: the recorded set-up has two rules for each, so it stands at twice its Services. */
function recordedLast(checks: readonly Check[]): { series: Series; services: number; value: number }[] {
  const names = { legacy: 'iptables-legacy', nft: 'iptables-nft', nftables: 'nftables' } as const
  return checks
    .filter(({ what, profile }) => what === 'last Service' && profile === 'hot')
    .map(({ backend, services, recorded }) => ({ series: names[backend], services: backend === 'nftables' ? services : 2 * services, value: recorded }))
}

function extent(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return low < high ? [low, high] : [low / 2, high * 2]
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e3 ? `${value / 1e3}k` : String(value)
}

/** Powers of ten stay round: 10 kB, 1 MB. */
function decimalBytes(bytes: number): string {
  if (bytes >= 1e9) return `${bytes / 1e9} GB`
  if (bytes >= 1e6) return `${bytes / 1e6} MB`
  return bytes >= 1e3 ? `${bytes / 1e3} kB` : `${bytes} B`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
