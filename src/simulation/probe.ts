import type { Nanos } from '../engine/agenda.ts'
import type { Journey } from '../kernel/journey.ts'
import { ProbeMeter, type ProbeResult } from '../report/probe-meter.ts'
import type { Reference } from '../scenario/values/reference.ts'
import { isNamed, type Target } from '../scenario/values/target.ts'
import { bothMeters, type Meter } from '../traffic/load.ts'
import { Probe } from '../traffic/probe.ts'
import { Requests } from '../traffic/request.ts'
import { sendersOf } from './senders/callers.ts'
import { openClient } from './senders/clients.ts'
import type { WorldInput } from './ground.ts'
import { World } from './world.ts'

export interface ProbeRequest {
  from: Reference
  to: Target
  count: number
  /** Between the end of one attempt and the start of the next. */
  gap: Nanos
  timeout: Nanos
  sourcePort: number | undefined
  via: string | undefined
}

/** Bytes of a probe's question and answer: small enough for one packet each way. */
const PROBE_BYTES = 64

/** Whoever watches a probe: asked for a notebook for each attempt, told when it has ended. */
export interface ProbeWatcher extends Meter {
  journey(): Journey | null
}

/** So many attempts, one after the other. Over tcp:// the caller says nothing and the server speaks first; over http:// the caller asks. */
export function runProbe(input: WorldInput, probe: ProbeRequest, watcher?: ProbeWatcher): { world: World; result: ProbeResult } {
  const world = new World({ ...input, asksNames: isNamed(probe.to) })
  world.processes.serversSpeakFirst = probe.to.scheme === 'tcp'
  return { world, result: probeIn(world, probe, watcher) }
}

/** The same in a world that is there already, from its present moment on. */
export function probeIn(world: World, probe: ProbeRequest, watcher?: ProbeWatcher): ProbeResult {
  const [sender] = sendersOf(world, probe.from)
  const meter = new ProbeMeter()
  const both: Meter = watcher === undefined ? meter : bothMeters(meter, watcher)
  if (sender === undefined) return meter.result()
  const requests = new Requests(world.agenda, probe.timeout)
  const client = openClient(world, sender, probe.to, requests, {
    requestBytes: world.processes.serversSpeakFirst && probe.to.scheme === 'tcp' ? 0 : PROBE_BYTES,
    responseBytes: undefined,
    sourcePort: probe.sourcePort,
    use: { kind: 'per-request' },
    cache: 'none',
    via: probe.via,
  })
  const running = new Probe(world.agenda, client, requests, both, { count: probe.count, gap: probe.gap, journey: () => watcher?.journey() ?? null })
  running.start()
  while (!running.isDone && world.agenda.step()) {
    // each step is one event
  }
  return meter.result()
}
