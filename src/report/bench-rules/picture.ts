import { scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { COLOURS, FAINT, heading, legend, moved, page, powersOfTen, round, ticksAcross, ticksUp } from '../svg.ts'
import { formatTime } from '../units.ts'
import { COLUMNS } from './columns.ts'
import { SERIES, type Check, type GrowthRow, type RuleGrowth, type Series } from './rule-growth.ts'

const COLOUR_OF: Record<Series, string> = { 'iptables-nft': COLOURS.vermillion, 'iptables-legacy': COLOURS.orange, ipvs: COLOURS.blue, nftables: COLOURS.green, userspace: COLOURS.grey }

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
    return moved(x, y, panelOf(panel, growth, series))
  })
  const footer = FOOTER.map((text, i) => `<text x="${LEFT}" y="${HEIGHT - 36 + 18 * i}" fill="${FAINT}">${text}</text>`)
  const title = `How rules grow with Services (${growth.endpoints} endpoints each)`
  return page({ width: WIDTH, height: HEIGHT, title, left: LEFT }, [moved(LEFT, 50, legend(series.map((name) => [name, COLOUR_OF[name]]), 150)), ...panels, ...footer])
}

function panelOf(panel: Panel, { rows, checks }: RuleGrowth, series: readonly Series[]): string {
  const column = COLUMNS.find(({ title }) => title === panel.column)
  if (column === undefined) return ''
  const points = panel.recorded?.(checks) ?? []
  const values = [...rows.flatMap((row) => column.of(row)), ...points.map(({ value }) => value)].filter((value) => value > 0)
  const x = scaleLog().domain(extent([...rows, ...points].map(({ services }) => services))).range([0, PANEL.width])
  const y = scaleLog().domain(extent(values)).range([PANEL.height, 0]).nice()
  const lines = series.map((name) => seriesOf(rows.filter((row) => row.series === name), column.of, x, y, COLOUR_OF[name]))
  const rings = points.map(({ series: of, services, value }) => `<circle cx="${round(x(services))}" cy="${round(y(value))}" r="4" fill="none" stroke="${COLOUR_OF[of]}" stroke-width="1.5"/>`)
  return [heading(panel.title), axes(x, y, panel.tick), ...lines, ...rings].join('')
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
  const across = powersOfTen(x.domain()).map((value) => ({ at: x(value), label: short(value) }))
  const up = powersOfTen(y.domain()).map((value) => ({ at: y(value), label: tick(value) }))
  return `${ticksAcross(across, PANEL.height)}${ticksUp(up, PANEL.width)}<text x="${PANEL.width / 2}" y="${PANEL.height + 38}" text-anchor="middle" fill="${FAINT}">Services</text>`
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
