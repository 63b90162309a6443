import { z } from 'zod'
import type { CheckedObject } from '../objects/read.ts'
import { duration, positiveDuration } from '../values/duration.ts'
import { fraction } from '../values/fraction.ts'
import { referenceTo } from '../values/reference.ts'
import { written } from '../values/written.ts'
import { fields, whole } from './shape.ts'

const at = written(duration)
const lasting = written(positiveDuration).optional().describe('undone after this long; without it, for good')
const breakable = referenceTo('node', 'link', 'pod', 'coredns', 'nodelocal')
const setting = z.union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, true or false' })

const scale = fields({ at, scale: written(referenceTo('deployment', 'statefulset', 'replicaset')), replicas: whole(0, 100_000) }).transform(
  ({ at, scale, replicas }) => ({ action: 'scale' as const, at, target: scale, replicas }),
)

const remove = fields({ at, delete: written(referenceTo('pod', 'deployment', 'statefulset', 'daemonset', 'replicaset', 'service', 'nodelocal')) }).transform(
  (event) => ({ action: 'delete' as const, at: event.at, target: event.delete }),
)

const rollout = fields({ at, rollout: written(referenceTo('deployment', 'statefulset', 'daemonset')) }).transform(({ at, rollout }) => ({
  action: 'rollout' as const,
  at,
  target: rollout,
}))

const apply = fields({ at, apply: z.string().min(1).describe('a file of objects, relative to this one') }).transform(({ at, apply }) => ({
  action: 'apply' as const,
  at,
  file: apply,
  /** What stands in the file; `loadInput` reads it. */
  objects: [] as CheckedObject[],
}))

const drain = fields({ at, drain: written(referenceTo('node')) }).transform(({ at, drain }) => ({ action: 'drain' as const, at, target: drain }))

const fail = fields({
  at,
  fail: written(breakable),
  for: lasting,
  how: z.enum(['power', 'network', 'panic']).default('power').describe('of a node: silent at once, only its cable, or a reboot that takes its state'),
}).transform(({ at, fail, for: lasts, how }) => ({ action: 'fail' as const, at, target: fail, lasts, how }))

const recover = fields({ at, recover: written(breakable) }).transform(({ at, recover }) => ({ action: 'recover' as const, at, target: recover }))

const partition = fields({
  at,
  partition: z.array(written(referenceTo('node'))).min(1, 'must name at least one node').describe('nodes that reach each other, but no other machine'),
  for: lasting,
}).transform(({ at, partition, for: lasts }) => ({ action: 'partition' as const, at, nodes: partition, lasts }))

const loss = fields({
  at,
  loss: written(fraction),
  on: written(referenceTo('link')).optional().describe("one node's cable; without it, every one"),
  for: lasting,
}).transform(({ at, loss, on, for: lasts }) => ({ action: 'loss' as const, at, loss, link: on, lasts }))

const set = fields({
  at,
  set: z.record(z.string(), setting).describe('sysctls by their dotted names, and proxy.FIELD of the KubeProxyConfiguration'),
  node: written(referenceTo('node')).optional().describe('there; without it, on every node'),
}).transform(({ at, set, node }) => ({ action: 'set' as const, at, settings: set, node }))

/** One thing that happens at its time. The field that names it is the verb; the parsed form has it as `action`. */
export const event = z.union([scale, remove, rollout, apply, drain, fail, recover, partition, loss, set], {
  error: 'must have a time and one thing that happens: scale, delete, rollout, apply, drain, fail, recover, partition, loss or set',
})
