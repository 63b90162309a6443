import type { z } from 'zod'
import type { Complaints } from '../complaint.ts'
import { below, type Manifest, type Path } from '../text/source.ts'
import type { Reference } from '../values/reference.ts'
import { isNamespaced } from '../values/reference.ts'
import { explain, sayPath, valueAt } from './explain.ts'
import { scenarioDocument, type Scenario } from './scenario.ts'
import { NEXT_FIELD } from './shape.ts'

type Issue = z.core.$ZodIssue

/** Checks and parses a Scenario document. Undefined if anything is wrong with it; complaints say what. */
export function readScenario({ value, origin }: Manifest, namespace: string, complaints: Complaints): Scenario | undefined {
  const parsed = scenarioDocument.safeParse(value)
  if (!parsed.success) {
    for (const issue of withoutRepeats(parsed.error.issues)) complain(issue, [])
    return undefined
  }
  const { metadata, spec } = parsed.data
  const scenario: Scenario = { ...spec, name: metadata.name, namespace: metadata.namespace ?? namespace }
  for (const reference of references(scenario)) reference.namespace ||= isNamespaced(reference.kind) ? scenario.namespace : ''
  return scenario

  function complain(issue: Issue, prefix: Path): void {
    const path = [...prefix, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
    const nested = issue.code === 'invalid_union' ? closestBranch(issue) : undefined
    if (nested !== undefined) {
      for (const inner of nested) complain(inner, path)
    } else if (issue.code === 'unrecognized_keys') {
      const messages = issue.message.split(NEXT_FIELD)
      issue.keys.forEach((key, i) => {
        const [message = '', fix] = (messages[i] ?? '').split('; ')
        complaints.error({ origin: below(origin, ...path, key), ofName: true }, message, fix)
      })
    } else if (issue.code === 'invalid_key') {
      const [broken] = issue.issues
      complaints.error({ origin: below(origin, ...path), ofName: true }, `\`${String(path.at(-1))}\` ${broken?.message ?? 'is no name here'}`)
    } else {
      const { message, fix } = explain(issue, nameOf(path), valueAt(value, path))
      complaints.error({ origin: below(origin, ...path) }, message, fix)
    }
  }
}

/** A number may break two rules at once, such as being whole and being small: one of them is enough to say. */
function withoutRepeats(issues: readonly Issue[]): Issue[] {
  const said = new Set<string>()
  return issues.filter(({ code, path }) => {
    const place = JSON.stringify(path)
    const isRepeat = code !== 'unrecognized_keys' && said.has(place)
    said.add(place)
    return !isRepeat
  })
}

/** Every reference of a scenario, to be completed in place. */
function references({ traffic, servers, timeline }: Scenario): Reference[] {
  return [
    ...traffic.flatMap(({ from, to }) => (to.host.kind === 'object' ? [from, to.host.object] : [from])),
    ...servers.map(({ select }) => select),
    ...timeline.flatMap((event) => ('target' in event ? [event.target] : [])),
  ]
}

/**
 * Of the alternatives, what is wrong with the one that was most likely meant: the fewest fields too many or missing. Undefined when the value is
 * nothing like any of them, or several fit as badly: then the words of the whole say more.
 */
function closestBranch(issue: z.core.$ZodIssueInvalidUnion): Issue[] | undefined {
  const ranked = issue.errors.map((issues) => ({ issues, faults: faults(issues) })).sort((a, b) => a.faults - b.faults)
  const [best, second] = ranked
  if (best === undefined || best.issues.every(({ path, code }) => path.length === 0 && code !== 'unrecognized_keys')) return undefined
  return second !== undefined && second.faults === best.faults ? undefined : best.issues
}

function faults(issues: Issue[]): number {
  let count = 0
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') count += issue.path.length === 0 ? 100 : 1
    else for (const message of issue.message.split(NEXT_FIELD)) count += message.includes('did you mean') ? 0.5 : 1
  }
  return count
}

/** The field as people say it, without the `spec` around everything. */
function nameOf(path: Path): string {
  const text = sayPath(path[0] === 'spec' && path.length > 1 ? path.slice(1) : path)
  return text === '' ? 'a Scenario' : `\`${text}\``
}
