import { compareTexts } from '../../engine/order.ts'
import { WorkQueue, type ControlPlane } from './control.ts'
import { endpointOf, endpointPorts } from './endpoint.ts'
import { withHints } from './hints.ts'
import { randomSuffix } from '../api/names.ts'
import { hasSelector, isFinished, type Endpoint, type EndpointSlice, type Metadata, type Pod, type Service } from '../api/object.ts'
import { SERVICE_NAME_LABEL } from '../api/selection.ts'
import { packSlices, portsKey, type PortGroup, type SliceContent } from './slices.ts'
import { keyOf } from '../api/store.ts'
import { controlledBy } from './workload.ts'

export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by'
export const ENDPOINTSLICE_CONTROLLER = 'endpointslice-controller.k8s.io'
export const HEADLESS_LABEL = 'service.kubernetes.io/headless'
/** When the change that a slice reports began: what network programming latency is measured from. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

/**
 * Writes each Service's endpoints into slices as its pods come and go. A Service whose slices are there already
 * (a dump's) is left as it is until one of its pods changes.
 */
export function runEndpointSlices(control: ControlPlane): void {
  const { store, clock, timing, streams, selection } = control
  const queue = new WorkQueue(clock, sync)

  /** Services whose slices we write; during the settling, slices that somebody else wrote are a dump's. */
  const ours = new Set<string>()

  store.watch('Service', ({ before, after }) => {
    if (after !== undefined) {
      if (before?.spec !== after.spec || before.metadata.labels !== after.metadata.labels) enqueue(after, 0)
    } else if (before !== undefined) {
      for (const { metadata } of [...selection.slicesOf(before)]) store.delete('EndpointSlice', metadata.namespace, metadata.name)
    }
  })
  store.watch('Pod', ({ before, after }) => {
    if (before !== undefined && after !== undefined && sameForServices(before, after)) return
    const concerned = new Set([before, after].flatMap((pod) => (pod === undefined ? [] : selection.servicesSelecting(pod))))
    for (const service of concerned) enqueue(service, timing.endpointBatch)
  })

  function enqueue({ metadata }: Service, batch: number): void {
    queue.add(metadata.namespace, metadata.name, timing.watch + batch + timing.write)
  }

  function sync(namespace: string, name: string): void {
    const service = store.get('Service', namespace, name)
    if (service === undefined || !hasSelector(service) || service.spec.type === 'ExternalName' || isGiven(service)) return
    ours.add(keyOf(service))
    const existing = managedSlices(service)
    const contents = packSlices(groupsOf(service), existing)
    hint(service, contents)
    const kept = new Set(contents.map((content) => content.slice))
    for (const slice of existing) if (!kept.has(slice)) store.delete('EndpointSlice', namespace, slice.metadata.name)
    for (const content of contents) write(service, content)
  }

  function isGiven(service: Service): boolean {
    return clock.isSettling && !ours.has(keyOf(service)) && !isEmpty(selection.slicesOf(service))
  }

  function managedSlices(service: Service): EndpointSlice[] {
    return [...selection.slicesOf(service)].filter((slice) => slice.metadata.labels?.[MANAGED_BY_LABEL] === ENDPOINTSLICE_CONTROLLER && slice.addressType === 'IPv4')
  }

  /** Pods that resolve the Service's ports to the same numbers share slices. */
  function groupsOf(service: Service): Map<string, PortGroup> {
    const groups = new Map<string, PortGroup>()
    const pods = selection.podsSelectedBy(service).filter(isEndpoint)
    for (const pod of pods.sort((a, b) => compareTexts(a.metadata.name, b.metadata.name))) {
      const ports = endpointPorts(pod, service)
      const key = portsKey(ports)
      let group = groups.get(key)
      if (group === undefined) groups.set(key, (group = { ports, endpoints: new Map() }))
      const node = store.get('Node', '', pod.spec.nodeName ?? '')
      group.endpoints.set(pod.metadata.name, endpointOf(pod, service, node))
    }
    return groups
  }

  /** Hints weigh the Service's endpoints against each other, whichever slice they are in. */
  function hint(service: Service, contents: SliceContent[]): void {
    const hinted = withHints(contents.flatMap(({ endpoints }) => endpoints), service, store.list('Node'))
    for (const content of contents) content.endpoints = hinted.splice(0, content.endpoints.length)
  }

  function write(service: Service, { slice, ports, endpoints }: SliceContent): void {
    const labels = labelsOf(service)
    if (slice !== undefined && sameContent(slice, ports, endpoints) && JSON.stringify(slice.metadata.labels) === JSON.stringify(labels)) return
    // Endpoints that came with a dump are out of date from here on; the slices say all that they said.
    store.delete('Endpoints', service.metadata.namespace, service.metadata.name)
    const now = clock.timestamp()
    const annotations = { ...slice?.metadata.annotations, [TRIGGER_TIME]: now }
    store.put<EndpointSlice>({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...(slice?.metadata ?? newMetadata(service, now)), labels, annotations },
      addressType: 'IPv4',
      ports,
      endpoints,
    })
  }

  function newMetadata(service: Service, timestamp: string): Metadata {
    const { namespace, name } = service.metadata
    const generateName = `${name}-`
    const random = streams.stream(`cluster/slice/${namespace}/${name}`)
    let sliceName = generateName + randomSuffix(random)
    while (store.get('EndpointSlice', namespace, sliceName) !== undefined) sliceName = generateName + randomSuffix(random)
    return { generateName, name: sliceName, namespace, creationTimestamp: timestamp, ownerReferences: [controlledBy(service)] }
  }
}

/** The Service's own labels travel with its slices: what hides the Service from a proxy hides them too. */
function labelsOf(service: Service): { [name: string]: string } {
  const headless = service.spec.clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}
  return { ...service.metadata.labels, ...headless, [MANAGED_BY_LABEL]: ENDPOINTSLICE_CONTROLLER, [SERVICE_NAME_LABEL]: service.metadata.name }
}

function isEndpoint(pod: Pod): boolean {
  return Boolean(pod.status.podIP) && !isFinished(pod)
}

/** Does nothing differ that a slice would show? */
function sameForServices(before: Pod, after: Pod): boolean {
  return (
    before.metadata.labels === after.metadata.labels &&
    before.metadata.deletionTimestamp === after.metadata.deletionTimestamp &&
    before.spec === after.spec &&
    before.status.podIP === after.status.podIP &&
    before.status.phase === after.status.phase &&
    before.status.conditions === after.status.conditions
  )
}

function sameContent(slice: EndpointSlice, ports: EndpointSlice['ports'], endpoints: Endpoint[]): boolean {
  return JSON.stringify([slice.ports, slice.endpoints]) === JSON.stringify([ports, endpoints])
}

function isEmpty(items: Iterable<unknown>): boolean {
  for (const _ of items) return false
  return true
}
