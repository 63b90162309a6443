import type * as core from 'kubernetes-types/core/v1.js'
import type * as discovery from 'kubernetes-types/discovery/v1.js'
import type { LabelSelector } from 'kubernetes-types/meta/v1.js'
import { isWorkloadKind } from '../../cluster/api/object.ts'
import { matchesSelector } from '../../cluster/api/selector.ts'
import type { Complaints } from '../complaint.ts'
import { below, type Path } from '../text/source.ts'
import { nameOf, type Located } from './read.ts'
import { isIP } from './rules.ts'

/** Says what is wrong at a path inside the object. */
type Say = (path: Path, message: string, fix?: string) => void

/** What the API server refuses although every field is right by itself (pkg/apis/core/validation, pkg/apis/apps/validation). */
export function validate(one: Located, complaints: Complaints): void {
  const say: Say = (path, message, fix) => complaints.error({ origin: below(one.origin, ...path) }, `${one.object.kind} ${nameOf(one)}: ${message}`, fix)
  // The shape has been checked, so the spec is what the kind's type says.
  if (one.object.kind === 'Service') validateService(one.object['spec'] as core.ServiceSpec, say)
  else if (one.object.kind === 'EndpointSlice') validateSlice(one.object['endpoints'] as discovery.Endpoint[] | undefined, say)
  else if (one.object.kind === 'Pod') validatePod(one.object['spec'] as core.PodSpec, ['spec'], say)
  else if (isWorkloadKind(one.object.kind)) validateWorkload(one.object['spec'] as WorkloadSpec, one.object.kind, say)
}

function validateSlice(endpoints: discovery.Endpoint[] = [], say: Say): void {
  endpoints.forEach(({ addresses }, i) => {
    addresses.forEach((address, j) => {
      if (!isIP(address)) say(['endpoints', i, 'addresses', j], `\`${address}\` is not an IP address`)
    })
  })
}

interface WorkloadSpec {
  selector: LabelSelector
  template: core.PodTemplateSpec
  strategy?: { rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } }
}

function validateWorkload({ selector, template, strategy }: WorkloadSpec, kind: string, say: Say): void {
  const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {}
  if (kind === 'Deployment' && [maxSurge, maxUnavailable].every((value) => /^0%?$/.test(String(value))))
    say(['spec', 'strategy', 'rollingUpdate', 'maxUnavailable'], 'maxUnavailable may not be 0 when maxSurge is 0: no pod could ever be replaced')
  validatePod(template.spec, ['spec', 'template', 'spec'], say)
  if (!matchesSelector(selector, template.metadata?.labels))
    say(['spec', 'selector'], 'the selector does not match the labels of its own template', "make `spec.selector.matchLabels` and `spec.template.metadata.labels` the same")
}

/** core/v1 DefaultTerminationGracePeriodSeconds. */
const DEFAULT_GRACE = 30

/** A sleep hook has to fit into the pod's grace period (KEP-3960). */
function validatePod({ containers = [], terminationGracePeriodSeconds }: Partial<core.PodSpec> = {}, path: Path, say: Say): void {
  const grace = terminationGracePeriodSeconds ?? DEFAULT_GRACE
  containers.forEach(({ lifecycle }, i) => {
    const sleep = lifecycle?.preStop?.sleep?.seconds ?? 0
    if (sleep > grace) say([...path, 'containers', i, 'lifecycle', 'preStop', 'sleep', 'seconds'], `a preStop sleep of ${sleep} s does not fit into terminationGracePeriodSeconds (${grace})`, 'make terminationGracePeriodSeconds longer')
  })
}

function validateService(spec: core.ServiceSpec, say: Say): void {
  const type = spec.type ?? 'ClusterIP'
  const ports = spec.ports ?? []
  if (type === 'ExternalName') {
    if (!spec.externalName) say(['spec'], 'type ExternalName needs `externalName`')
    else if (isIP(spec.externalName)) say(['spec', 'externalName'], `\`${spec.externalName}\` is an address; an ExternalName is a name for DNS`, 'use a Service without selector, and an EndpointSlice, for an address')
    return
  }
  if (ports.length === 0 && spec.clusterIP !== 'None') say(['spec'], 'a Service needs `ports`')
  if (spec.clusterIP === 'None' && type !== 'ClusterIP') say(['spec', 'clusterIP'], `a headless Service (clusterIP: None) cannot be of type ${type}`)
  if (type === 'ClusterIP') validateInternal(spec, ports, say)
  validatePorts(ports, say)
}

/** NodePorts and their policy have no meaning without an entrance from outside. */
function validateInternal(spec: core.ServiceSpec, ports: core.ServicePort[], say: Say): void {
  ports.forEach(({ nodePort }, i) => {
    if (nodePort) say(['spec', 'ports', i, 'nodePort'], 'a nodePort needs type NodePort or LoadBalancer', 'add `type: NodePort` to spec')
  })
  if (spec.externalTrafficPolicy && (spec.externalIPs ?? []).length === 0)
    say(['spec', 'externalTrafficPolicy'], 'externalTrafficPolicy needs type NodePort or LoadBalancer, or externalIPs')
}

function validatePorts(ports: core.ServicePort[], say: Say): void {
  const names = new Set<string>()
  const numbers = new Set<string>()
  ports.forEach(({ name, port, protocol = 'TCP' }, i) => {
    if (ports.length > 1 && !name) say(['spec', 'ports', i], 'a Service with several ports must name each of them', 'such as `name: http`')
    if (name && names.has(name)) say(['spec', 'ports', i, 'name'], `two ports are called \`${name}\``)
    if (numbers.has(`${port}/${protocol}`)) say(['spec', 'ports', i, 'port'], `two ports are ${port}/${protocol}`)
    names.add(name ?? '')
    numbers.add(`${port}/${protocol}`)
  })
}
