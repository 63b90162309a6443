import type { Nanos } from '../engine/agenda.ts'
import type { Complaints } from './complaint.ts'
import type { Known } from './known.ts'
import { proxyShape } from './objects/proxy.ts'
import { checkShape } from './objects/shape.ts'
import { speakers, type Say } from './say.ts'
import { guideOfShape } from './settings/guide.ts'
import { setAt } from './settings/set.ts'
import { LIVE_SETTINGS, whyNotLive } from './schema/live-settings.ts'
import type { Scenario, TimelineEvent } from './schema/scenario.ts'
import { below, type Origin, type Path } from './text/source.ts'
import { formatReference, type Reference } from './values/reference.ts'

/** From a panic until the kernel runs again where the scenario does not say: kernel.panic's usual ten seconds and a boot. */
export const REBOOT: Nanos = 60e9

/** What can be said of a timeline before it runs: what comes too late, or happens to what is not there then. */
export function checkTimeline(scenario: Scenario, known: Known, origin: Origin, complaints: Complaints): void {
  const { say, hint } = speakers(origin, complaints)
  checkTimes(scenario, say, hint)
  checkTargets(scenario, known, say)
  checkFailures(scenario, say, hint)
  checkSettings(scenario, origin, say, complaints)
}

/** The events as they will happen, each with its place in the list. */
function inOrder({ timeline }: Scenario): { event: TimelineEvent; i: number }[] {
  return timeline.map((event, i) => ({ event, i })).sort((a, b) => a.event.at - b.event.at)
}

function checkTimes({ duration, timeline }: Scenario, say: Say, hint: Say): void {
  timeline.forEach((event, i) => {
    if (event.at > duration) say(['timeline', i, 'at'], `this happens after the end (the run lasts ${duration / 1e9} s)`, 'make `duration` longer, or the time earlier')
    if ('lasts' in event && event.lasts !== undefined && event.at + event.lasts > duration) hint(['timeline', i, 'for'], 'the run ends before this does')
    const before = timeline[i - 1]
    if (before !== undefined && before.at > event.at) hint(['timeline', i, 'at'], 'this stands after an event that happens later; the times decide, not the order of the lines')
  })
}

/** Everything must be there when something happens to it. */
function checkTargets(scenario: Scenario, known: Known, say: Say): void {
  for (const { event, i } of inOrder(scenario)) {
    for (const { field, reference } of referencesOf(event)) {
      const missing = known.missing(reference)
      if (missing !== undefined) say(['timeline', i, ...field], missing.message, missing.fix)
    }
    if (event.action === 'apply') known.add(event.objects)
    if (event.action === 'delete') known.remove(event.target, event.at)
    if (event.action === 'scale') known.scale(event.target, event.replicas)
  }
}

function referencesOf(event: TimelineEvent): { field: Path; reference: Reference }[] {
  if (event.action === 'partition') return event.nodes.map((reference, i) => ({ field: ['partition', i], reference }))
  if (event.action === 'loss') return event.link === undefined ? [] : [{ field: ['on'], reference: event.link }]
  if (event.action === 'set') return event.node === undefined ? [] : [{ field: ['node'], reference: event.node }]
  return 'target' in event ? [{ field: [event.action], reference: event.target }] : []
}

/** What fails must be well to fail, and only what has failed comes back. A node and its cable are one to this; a node's cache that was deleted can come back, too. */
function checkFailures(scenario: Scenario, say: Say, hint: Say): void {
  /** What has failed, and until when. */
  const failed = new Map<string, Nanos>()
  for (const { event, i } of inOrder(scenario)) {
    if (event.action === 'delete' && event.target.kind === 'nodelocal') failed.set(formatReference(event.target), Number.POSITIVE_INFINITY)
    if (event.action !== 'fail' && event.action !== 'recover') continue
    const name = formatReference(event.target)
    const key = name.replace(/^link\//, 'node/')
    const until = failed.get(key) ?? (event.target.kind === 'nodelocal' && event.action === 'recover' ? failed.get('nodelocal') : undefined)
    if (event.action === 'fail') {
      if (event.how !== 'power' && event.target.kind !== 'node') say(['timeline', i, 'how'], `only a node fails in one way or another, and ${name} is none`, 'leave `how` out')
      if (until !== undefined && event.at < until) say(['timeline', i, 'fail'], `${name} has failed already, and is not back yet`)
      failed.set(key, event.at + (event.lasts ?? ownReturn(event)))
      continue
    }
    if (until === undefined) say(['timeline', i, 'recover'], `${name} has not failed before`)
    else if (isProcess(event.target)) hint(['timeline', i, 'recover'], 'kubelet starts the process of a pod again by itself: this changes nothing', 'say with `for` how long it is down at least')
    else if (event.at >= until) say(['timeline', i, 'recover'], `${name} is back already, ${until / 1e9} s into the run`)
    failed.delete(key)
  }
}

/** How long until it is back without anybody's help: kubelet starts processes again, and a kernel that panics boots. */
function ownReturn({ target, how }: Extract<TimelineEvent, { action: 'fail' }>): Nanos {
  if (isProcess(target)) return 0
  return target.kind === 'node' && how === 'panic' ? REBOOT : Number.POSITIVE_INFINITY
}

function isProcess({ kind }: Reference): boolean {
  return kind === 'pod' || kind === 'coredns'
}

/** What `set` changes during the run: sysctls by their names, and kube-proxy's fields, which must exist and take such a value. */
function checkSettings({ timeline }: Scenario, origin: Origin, say: Say, complaints: Complaints): void {
  timeline.forEach((event, i) => {
    if (event.action !== 'set') return
    const settings = Object.entries(event.settings)
    if (settings.length === 0) say(['timeline', i, 'set'], 'this sets nothing', LIVE_SETTINGS)
    for (const [name, value] of settings) {
      const path: Path = ['timeline', i, 'set', name]
      const [first, ...steps] = name.split('.')
      if (first !== 'proxy') {
        const reason = whyNotLive(name, value, event.node !== undefined)
        if (reason !== undefined) say(path, reason, LIVE_SETTINGS)
        continue
      }
      if (steps[0] === 'mode') say(path, "kube-proxy's mode cannot change during a run", 'compare two runs: kubehop compare --modes')
      if (event.node !== undefined) say(['timeline', i, 'node'], "kube-proxy's configuration is the same on every node")
      const document: Record<string, unknown> = {}
      const outcome = setAt(document, guideOfShape(proxyShape), steps, value)
      if ('missing' in outcome) say(path, `\`${name}\`: ${outcome.missing}`, outcome.fix)
      else checkShape('KubeProxyConfiguration', document, proxyShape, below(origin, 'spec', ...path), complaints)
    }
  })
}
