import { readFileSync } from 'node:fs'
import { loadInput } from '../../src/scenario/load.ts'
import type { Loaded } from '../../src/scenario/load.ts'
import { parseReference } from '../../src/scenario/values/reference.ts'
import { parseTarget } from '../../src/scenario/values/target.ts'
import type { ProbeResult } from '../../src/report/probe-meter.ts'
import { runProbe } from '../../src/simulation/probe.ts'
import { fairnessP } from '../../src/report/fairness.ts'

/** A recorded case: who asked whom how often, and what came of it on a real kernel. */
export interface OutcomeCase {
  id: string
  from: string
  to: string
  count: number
  via?: string
  source_port?: number
  gap_s?: number
  sticky?: boolean
  config?: Record<string, unknown>
  backends: Record<string, number>
  sources_seen: Record<string, number>
  failures: Record<string, number>
}

export function readCases(mode: string): OutcomeCase[] {
  return (JSON.parse(readFileSync(`test/vectors/outcomes-${mode}.json`, 'utf8')) as { cases: OutcomeCase[] }).cases
}

let lab: Loaded | undefined

/** The objects that the outcomes were recorded on. */
function loadLab(): Loaded {
  lab ??= loadInput({ files: ['test/vectors/lab-objects.yaml'] })
  if (!lab.ok) throw new Error(`lab-objects.yaml does not load: ${lab.complaints[0]?.message}`)
  return lab
}

export function probeCase(mode: string, { from, to, count, via, source_port, gap_s, config }: OutcomeCase): ProbeResult {
  const { scenario, objects, proxy } = loadLab()
  const source = parseReference(from)
  const target = parseTarget(to)
  if (scenario === undefined || source === undefined || target === undefined) throw new Error(`cannot read ${from} or ${to}`)
  const proxyDocument = withFields({ ...proxy, mode }, config ?? {})
  return runProbe(
    { scenario, objects, proxyDocument },
    { from: source, to: target, count, gap: (gap_s ?? 0) * 1e9, timeout: 1.5e9, sourcePort: source_port, via },
  ).result
}

/** `{"detectLocal.interfaceNamePrefix": "veth-"}` names a field inside another. */
function withFields(document: Record<string, unknown>, fields: Record<string, unknown>): Record<string, unknown> {
  const result = structuredClone(document)
  for (const [path, value] of Object.entries(fields)) {
    const [outer = '', inner] = path.split('.')
    if (inner === undefined) result[outer] = value
    else result[outer] = { ...(result[outer] as object | undefined), [inner]: value }
  }
  return result
}

/** Shares of backends are chance; sets of backends, source addresses and failure kinds are facts. Returns what differs. */
export function differences(recorded: OutcomeCase, result: ProbeResult): string[] {
  const found: string[] = []
  const compare = (what: string, expected: Record<string, number>, actual: Record<string, number>) => {
    const a = Object.keys(expected).sort().join(', ')
    const b = Object.keys(actual).sort().join(', ')
    if (a !== b) found.push(`${what}: recorded {${a}}, simulated {${b}}`)
  }
  if (recorded.sticky === true) {
    // Which backend a client sticks to is chance; that it is one is the fact.
    if (Object.keys(result.backends).length !== Object.keys(recorded.backends).length) found.push(`backends: recorded one, simulated ${Object.keys(result.backends).join(', ')}`)
  } else {
    compare('backends', recorded.backends, result.backends)
    compare('sources', recorded.sources_seen, result.sources_seen)
  }
  compare('failures', recorded.failures, result.failures)
  const p = fairnessP(Object.values(result.backends))
  if (recorded.sticky !== true && Object.keys(recorded.failures).length === 0 && p < 1e-4) found.push(`shares: ${JSON.stringify(result.backends)} is not what fair chance gives`)
  return found
}
