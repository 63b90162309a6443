import type { Nanos } from '../engine/agenda.ts'
import type { Step } from '../kernel/journey.ts'
import { runProbe, type ProbeRequest } from './probe.ts'
import type { WorldInput } from './ground.ts'

/** One request, and every step of every packet that it caused. Times in ns of simulated time. */
export interface Trace {
  start: Nanos
  end: Nanos
  /** Who answered; undefined if nobody did. */
  backend: string | undefined
  failure: string | undefined
  /** In the order of their times. */
  steps: Step[]
  /** Those that the caller waited for, one after the other: their costs add up to the latency. */
  path: Step[]
}

/** Sends one request and writes down its way, rule by rule. */
export function traceRequest(input: WorldInput, probe: ProbeRequest): Trace {
  const steps: Step[] = []
  const trace: Trace = { start: 0, end: 0, backend: undefined, failure: undefined, steps, path: [] }
  runProbe(
    input,
    { ...probe, count: 1 },
    {
      journey: () => ({ steps }),
      ended: (request) => {
        trace.start = request.start
        trace.end = request.ended
        trace.backend = request.answer?.backend
        trace.failure = request.failure
      },
    },
  )
  steps.sort((a, b) => a.start - b.start || a.start + a.cost - (b.start + b.cost))
  trace.path = criticalPath(steps, trace.start, trace.end)
  return trace
}

/**
 * From the end back to the start: what ended exactly then was waited for. Where nothing did, the caller or a timer
 * waited, and that is a step too, so that the costs always add up.
 */
function criticalPath(steps: readonly Step[], start: Nanos, end: Nanos): Step[] {
  const path: Step[] = []
  let at = end
  for (let i = steps.length - 1; i >= 0 && at > start; i--) {
    const step = lastEndingBy(steps, at, start)
    if (step === undefined) break
    const finished = step.start + step.cost
    if (finished < at) path.push(waiting(finished, at))
    path.push(step)
    at = step.start
  }
  if (at > start) path.push(waiting(start, at))
  return path.reverse()
}

/** The step with a cost that ended last, no later than `at`; among those that ended together, the one that began last. */
function lastEndingBy(steps: readonly Step[], at: Nanos, start: Nanos): Step | undefined {
  let best: Step | undefined
  for (const step of steps) {
    const end = step.start + step.cost
    if (step.cost <= 0 || end > at || step.start < start) continue
    if (best === undefined || end > best.start + best.cost || (end === best.start + best.cost && step.start >= best.start)) best = step
  }
  return best
}

function waiting(from: Nanos, to: Nanos): Step {
  return { start: from, cost: to - from, place: undefined, where: 'caller', cpu: undefined, packet: '', what: 'waits for a timer', details: [] }
}
