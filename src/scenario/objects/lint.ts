import type * as core from 'kubernetes-types/core/v1.js'
import { matchesLabels } from '../../cluster/api/selector.ts'
import type { Complaints } from '../complaint.ts'
import { isRecord } from '../text/documents.ts'
import { below } from '../text/source.ts'
import { nameOf, type Located } from './read.ts'

/** Pods that exist, or that a workload will make. */
interface Pods {
  owner: string
  namespace: string
  labels: Record<string, string>
  spec: core.PodSpec
  /** Undefined for pods that nobody has made yet. */
  ready: boolean | undefined
}

/** What Kubernetes accepts and beginners regret: a Service that finds no pods, or not where they listen. Notes, for it may be meant. */
export function lint(located: Located[], complaints: Complaints): void {
  const index = new PodIndex(located.flatMap(podsOf))
  const recorded = servicesWithEndpoints(located)
  for (const one of located) {
    if (one.object.kind !== 'Service' || recorded.has(nameOf(one))) continue
    const spec = one.object['spec'] as core.ServiceSpec
    if (spec.selector === undefined || Object.keys(spec.selector).length === 0 || spec.type === 'ExternalName') continue
    lintService(one, spec, spec.selector, index, complaints)
  }
}

function lintService(one: Located, spec: core.ServiceSpec, selector: Record<string, string>, index: PodIndex, complaints: Complaints): void {
  const namespace = one.object.metadata.namespace ?? ''
  const pods = index.matching(selector).filter((pod) => pod.namespace === namespace)
  const say = (path: (string | number)[], message: string, fix?: string) => complaints.note({ origin: below(one.origin, 'spec', ...path) }, `Service ${nameOf(one)} ${message}`, fix)
  if (pods.length === 0) return say(['selector'], `selects no pods: nothing in namespace ${namespace} is labelled ${labelText(selector)}`, index.hint(selector, namespace))
  if (pods.every(({ ready }) => ready === false)) say(['selector'], `selects ${pods.length} pods, none of them ready`)
  spec.ports?.forEach((port, i) => lintPort(port, pods, (message) => say(['ports', i, port.targetPort === undefined ? 'port' : 'targetPort'], message)))
}

function lintPort({ port, targetPort = port, protocol = 'TCP' }: core.ServicePort, pods: Pods[], say: (message: string) => void): void {
  const declared = pods.flatMap(({ spec }) => spec.containers.flatMap(({ ports }) => ports ?? [])).filter((one) => (one.protocol ?? 'TCP') === protocol)
  if (declared.some(({ name, containerPort }) => name === targetPort || containerPort === targetPort)) return
  const known = [...new Set(declared.map(({ name, containerPort }) => (name === undefined ? containerPort : `${containerPort} (${name})`)))].join(', ')
  if (typeof targetPort === 'string') say(`finds no port: no container of its pods names a ${protocol} port \`${targetPort}\`${known === '' ? '' : `; they declare ${known}`}`)
  else if (known !== '') say(`sends to port ${targetPort}, which is none of the ${protocol} ports that its pods declare: ${known}`)
}

function podsOf({ object }: Located): Pods[] {
  const { spec, status, kind, metadata } = object
  if (!isRecord(spec)) return []
  const named = { owner: `${kind} ${metadata.name}`, namespace: metadata.namespace ?? '' }
  if (kind === 'Pod') return [{ ...named, labels: metadata.labels ?? {}, spec: spec as unknown as core.PodSpec, ready: readiness(status as core.PodStatus | undefined) }]
  const template = spec['template'] as core.PodTemplateSpec | undefined
  if (template?.spec === undefined) return []
  return [{ ...named, labels: template.metadata?.labels ?? {}, spec: template.spec, ready: undefined }]
}

function readiness(status: core.PodStatus | undefined): boolean | undefined {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  return condition === undefined ? undefined : condition.status === 'True'
}

/** Services whose endpoints were recorded: those say who answers, whatever the selector finds here. */
function servicesWithEndpoints(located: Located[]): Set<string> {
  const services = new Set<string>()
  for (const one of located) {
    const { kind, metadata } = one.object
    if (kind === 'Endpoints') services.add(nameOf(one))
    if (kind === 'EndpointSlice') services.add(`${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name'] ?? ''}`)
  }
  return services
}

/** Finds pods by one of their labels, so that thousands of Services need not each look at all of them. */
class PodIndex {
  readonly #byLabel = new Map<string, Pods[]>()

  constructor(pods: Pods[]) {
    for (const pod of pods) {
      for (const [name, value] of Object.entries(pod.labels)) {
        const key = `${name}=${value}`
        const same = this.#byLabel.get(key)
        if (same === undefined) this.#byLabel.set(key, [pod])
        else same.push(pod)
      }
    }
  }

  matching(selector: Record<string, string>): Pods[] {
    const candidates = Object.entries(selector).map(([name, value]) => this.#byLabel.get(`${name}=${value}`) ?? [])
    const fewest = candidates.reduce((least, some) => (some.length < least.length ? some : least))
    return fewest.filter(({ labels }) => matchesLabels(selector, labels))
  }

  /** Where the pods may be that the selector does not find: in another namespace, or one label away. */
  hint(selector: Record<string, string>, namespace: string): string | undefined {
    const elsewhere = this.matching(selector)[0]
    if (elsewhere !== undefined) return `${elsewhere.owner} in namespace ${elsewhere.namespace} has these labels: a Service finds pods of its own namespace only`
    for (const [name, value] of Object.entries(selector)) {
      const { [name]: _dropped, ...others } = selector
      if (Object.keys(others).length === 0) continue
      const near = this.matching(others).find((pod) => pod.namespace === namespace)
      if (near !== undefined) return `${near.owner} has ${name}: ${near.labels[name] ?? '(nothing)'} where the selector wants ${name}: ${value}`
    }
    return undefined
  }
}

function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}
