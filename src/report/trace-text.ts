import { PLACES, type Step } from '../kernel/journey.ts'
import type { Paint } from './paint.ts'
import { formatCount } from './units.ts'

/** One request's way, as `trace` prints it. */
export interface TracedRequest {
  start: number
  end: number
  backend: string | undefined
  failure: string | undefined
  steps: readonly Step[]
  path: readonly Step[]
}

/** Every step with its time, place and cost; what was tried and rewritten below it; at the end a sum that adds up. */
export function traceText(title: string, trace: TracedRequest, paint: Paint): string {
  const waitedFor = new Set(trace.path)
  const inOrder = [...trace.steps, ...trace.path.filter((step) => !trace.steps.includes(step))].sort((a, b) => a.start - b.start)
  const lines = [paint.bold(title), '', paint.dim(row('time', 'cost', 'where', 'what'))]
  let packet = ''
  for (const step of inOrder) {
    if (step.packet !== packet && step.packet !== '') lines.push('', paint.bold(step.packet))
    packet = step.packet === '' ? packet : step.packet
    const line = row(`+${formatCount(step.start - trace.start)}`, step.cost === 0 ? '' : formatCount(step.cost), whereOf(step), step.what)
    lines.push(waitedFor.has(step) || step.cost === 0 ? line : paint.dim(`${line}  (meanwhile)`))
    for (const detail of step.details) lines.push(paint.dim(`${' '.repeat(INDENT)}${detail}`))
  }
  return `${[...lines, '', ...sumLines(trace, paint)].join('\n')}\n`
}

const TIME = 14
const COST = 13
const WHERE = 24
const INDENT = TIME + COST + WHERE + 6

function row(time: string, cost: string, where: string, what: string): string {
  return `${time.padStart(TIME)}  ${cost.padStart(COST)}  ${where.padEnd(WHERE)}  ${what}`
}

function whereOf({ where, cpu }: Step): string {
  return cpu === undefined ? where : `${where} cpu${cpu}`
}

/** ns by place along the path, and their sum, which is the latency. */
function sumLines({ start, end, backend, failure, path }: TracedRequest, paint: Paint): string[] {
  const sums = new Map<string, number>()
  for (const { place, cost } of path) {
    const name = place === undefined ? 'waiting' : PLACES[place]
    sums.set(name, (sums.get(name) ?? 0) + cost)
  }
  const lines = [...sums].map(([place, ns]) => `${place.padStart(TIME)}  ${formatCount(ns).padStart(COST)} ns`)
  const total = [...sums.values()].reduce((sum, ns) => sum + ns, 0)
  const outcome = failure === undefined ? `answered by ${backend}` : paint.bad(failure)
  return [...lines, `${'total'.padStart(TIME)}  ${formatCount(total).padStart(COST)} ns = latency ${formatCount(end - start)} ns, ${outcome}`]
}
