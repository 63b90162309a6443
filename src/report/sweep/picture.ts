import { scaleLinear, scalePoint, type ScaleLinear, type ScalePoint } from 'd3-scale'
import { line } from 'd3-shape'
import { formatFigure } from '../figure-unit.ts'
import { COLOURS, escape, FAINT, heading, legend, moved, page, round, ticksAcross, ticksUp } from '../svg.ts'
import { formatPercent, significant } from '../units.ts'
import { othersInWords, seriesOf, type SmallestWithoutErrors, type Sweep, type SweepCell } from './sweep.ts'

const LEFT = 90
const TOP = 70
const PANEL = { width: 400, height: 200 }
const GAP = { x: 90, y: 90 }
const COLUMNS = 2
const WIDTH = LEFT + COLUMNS * PANEL.width + GAP.x + 20
const LINE = 18
const SERIES_COLOURS = [COLOURS.blue, COLOURS.vermillion, COLOURS.green, COLOURS.orange, COLOURS.purple, COLOURS.sky, COLOURS.grey]

/** What a panel shows of a cell: a point, and how far it may be off or was spread over the seeds. */
interface Point {
  at: number
  from: number
  to: number
}

interface Panel {
  title: string
  of: (cell: SweepCell) => Point | undefined
  tick: (value: number) => string
}

/** Cells that differ on the axis across alone. */
interface Series {
  name: string
  colour: string
  points: { across: string; cell: SweepCell }[]
}

/** Errors, runs with errors, and each figure, against the axis whose values have an order; a line for each choice on the others. SVG. */
export function sweepPicture(sweep: Sweep, figures: readonly string[], command: string): string {
  const index = Math.max(0, sweep.axes.findIndex(({ name }) => name === sweep.smallest_without_errors[0]?.axis))
  const axis = sweep.axes[index] ?? { name: '', values: [] }
  const series = coloured(sweep, index)
  const panels = [...ERRORS, ...figures.map(panelOf)]
  const words = [`${sweep.seeds.length} seeds, costs ${sweep.profile}; ${command}`, ...sweep.smallest_without_errors.map((each) => smallestWords(each, sweep))]
  const top = TOP + words.length * LINE + GAP.y - 30
  const x = scalePoint().domain(axis.values).range([0, PANEL.width]).padding(0.3)
  const drawn = panels.map((panel, i) => moved(LEFT + (i % COLUMNS) * (PANEL.width + GAP.x), top + Math.floor(i / COLUMNS) * (PANEL.height + GAP.y), draw(panel, series, x, axis.name)))
  return page({ width: WIDTH, height: top + Math.ceil(panels.length / COLUMNS) * (PANEL.height + GAP.y), title: sweep.question ?? `scenario ${sweep.scenario}`, left: LEFT }, [
    ...words.map((text, i) => `<text x="${LEFT}" y="${32 + (i + 1) * LINE}" fill="${FAINT}">${escape(text)}</text>`),
    ...(series.length === 1 ? [] : [moved(LEFT, 32 + words.length * LINE + 14, legend(series.map(({ name, colour }) => [name, colour]), (WIDTH - LEFT) / series.length))]),
    ...drawn,
  ])
}

const ERRORS: readonly Panel[] = [
  { title: 'failed requests a run (mean)', of: ({ errors, runs }) => exactly(errors / runs), tick: significant },
  {
    title: 'runs in which a request failed, and 95 % bound',
    of: ({ runs, runs_with_errors, runs_with_errors_at_most }) => ({ at: runs_with_errors / runs, from: runs_with_errors / runs, to: runs_with_errors_at_most }),
    tick: formatPercent,
  },
]

function exactly(at: number): Point {
  return { at, from: at, to: at }
}

function panelOf(figure: string): Panel {
  return {
    title: `${figure}: median, least and most of the seeds`,
    of: ({ figures: { [figure]: found } }) => (found === undefined ? undefined : { at: found.median, from: found.min, to: found.max }),
    tick: (value) => formatFigure(figure, value),
  }
}

function coloured({ axes, cells }: Sweep, index: number): Series[] {
  return seriesOf(cells, index).map(({ others, cells: own }, i) => ({
    name: othersInWords(axes, axes[index]?.name ?? '', others),
    colour: SERIES_COLOURS[i % SERIES_COLOURS.length] ?? COLOURS.grey,
    points: own.map((cell) => ({ across: cell.values[index] ?? '', cell })),
  }))
}

function smallestWords({ axis, others, value }: SmallestWithoutErrors, { axes }: Sweep): string {
  const where = others.length === 0 ? '' : ` with ${othersInWords(axes, axis, others)}`
  return value === null ? `every ${axis}${where} has errors` : `smallest ${axis} without errors${where}: ${value}`
}

function draw(panel: Panel, series: readonly Series[], x: ScalePoint<string>, axis: string): string {
  const highest = Math.max(0, ...series.flatMap(({ points }) => points.map(({ cell }) => panel.of(cell)?.to ?? 0)))
  const y = scaleLinear().domain([0, highest === 0 ? 1 : highest]).range([PANEL.height, 0]).nice()
  const across = x.domain().map((value) => ({ at: x(value) ?? 0, label: value }))
  const up = y.ticks(4).map((value) => ({ at: y(value), label: panel.tick(value) }))
  const name = `<text x="${PANEL.width / 2}" y="${PANEL.height + 38}" text-anchor="middle" fill="${FAINT}">${escape(axis)}</text>`
  return [heading(panel.title), ticksAcross(across, PANEL.height), ticksUp(up, PANEL.width), name, ...series.map((each) => drawSeries(each, panel, x, y))].join('')
}

function drawSeries({ points: own, colour }: Series, panel: Panel, x: ScalePoint<string>, y: ScaleLinear<number, number>): string {
  const points = own.flatMap(({ across, cell }) => {
    const point = panel.of(cell)
    return point === undefined ? [] : [{ across: round(x(across) ?? 0), at: round(y(point.at)), from: round(y(point.from)), to: round(y(point.to)) }]
  })
  const spreads = points.filter(({ from, to }) => from !== to).map(({ across, from, to }) => `<line x1="${across}" x2="${across}" y1="${from}" y2="${to}" stroke="${colour}" stroke-width="1.2"/>`)
  const dots = points.map(({ across, at }) => `<circle cx="${across}" cy="${at}" r="3.5" fill="${colour}"/>`)
  const path = line()(points.map(({ across, at }) => [across, at])) ?? ''
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${spreads.join('')}${dots.join('')}`
}
