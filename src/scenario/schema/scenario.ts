import { z } from 'zod'
import { PROXY_MODES } from '../../proxy/config.ts'
import { duration, positiveDuration } from '../values/duration.ts'
import { isName } from '../values/reference.ts'
import { written } from '../values/written.ts'
import { cluster } from './cluster.ts'
import { dns } from './dns.ts'
import { fields } from './shape.ts'
import { event } from './timeline.ts'
import { client, server, traffic } from './traffic.ts'

export const API_VERSION = 'kubehop.dev/v1alpha1'

/** What a variant changes: paths as `--set` takes them. */
const overrides = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())], { error: 'must be text, a number, true, false, or a list of texts' }))

const spec = fields({
  question: z.string().optional().describe('what this scenario answers'),
  manifests: z.array(z.string().min(1)).default([]).describe('files of objects, relative to this one'),
  seed: z.union([z.string(), z.number()], { error: 'must be text or a number' }).transform(String).prefault('1'),
  mode: z.enum(PROXY_MODES).optional().describe("instead of the KubeProxyConfiguration's"),
  duration: written(positiveDuration).prefault('10s'),
  warmup: written(duration).prefault('0').describe('samples that begin before are left out of the statistics'),
  cluster: cluster.prefault({}),
  dns: dns.prefault({}),
  clients: z.array(client).default([]).describe('machines outside the cluster'),
  servers: z.array(server).default([]).describe('how pods answer; without an entry a pod echoes at once'),
  traffic: z.array(traffic).default([]),
  timeline: z.array(event).default([]),
  expect: z.array(z.string().min(1)).default([]).describe('such as app.p99 < 2ms'),
  variants: z.record(z.string(), overrides).default({}).describe('named sets of settings, to run and to compare'),
})

const metadata = z.looseObject({
  name: z.string().refine(isName, 'must be lower-case letters, digits, - and .').default('unnamed'),
  namespace: z.string().optional().describe('where references without a namespace look (default: default)'),
})

/** The one source of the checks, the types and the JSON Schema of our own kind. */
export const scenarioDocument = fields({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Scenario'),
  metadata: metadata.prefault({}),
  spec: spec.prefault({}),
})

type ScenarioDocument = z.infer<typeof scenarioDocument>
type Spec = ScenarioDocument['spec']

/** A scenario as simulations read it: every value parsed, every default filled in. Times are nanoseconds, sizes bytes, rates per second. */
export interface Scenario extends Spec {
  name: string
  namespace: string
}

export type Server = Spec['servers'][number]
export type Traffic = Spec['traffic'][number]
export type TimelineEvent = Spec['timeline'][number]

/** The JSON Schema of a Scenario document, for editors: made from the checks, so that it cannot drift from them. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return { $id: 'https://kubehop.dev/schema/scenario.json', title: 'kubehop Scenario', ...z.toJSONSchema(scenarioDocument, { io: 'input' }) }
}
