import { WorkQueue, type ControlPlane } from './control.ts'
import { ENDPOINTSLICE_CONTROLLER, MANAGED_BY_LABEL } from './endpointslice.ts'
import { hasSelector, zoneOf, type Endpoint, type Endpoints, type EndpointSlice, type Service } from '../api/object.ts'
import { SERVICE_NAME_LABEL } from '../api/selection.ts'

const MIRRORING_CONTROLLER = 'endpointslicemirroring-controller.k8s.io'

type Subset = NonNullable<Endpoints['subsets']>[number]
type Address = NonNullable<Subset['addresses']>[number]

/**
 * Writes Endpoints objects into slices, for whoever reads only slices: those of Services without a selector, as
 * the mirroring controller does, and those of a dump that has Endpoints but no slices.
 */
export function runMirroring(control: ControlPlane): void {
  const { store, clock, timing, selection } = control
  const queue = new WorkQueue(clock, sync)

  store.watch('Endpoints', ({ after }) => {
    if (after !== undefined) queue.add(after.metadata.namespace, after.metadata.name, timing.watch + timing.write)
  })

  function sync(namespace: string, name: string): void {
    const endpoints = store.get('Endpoints', namespace, name)
    const service = store.get('Service', namespace, name)
    if (endpoints === undefined || service === undefined) return
    const slices = [...selection.slicesOf(service)]
    if (slices.some((slice) => slice.metadata.labels?.[MANAGED_BY_LABEL] !== MIRRORING_CONTROLLER)) return
    for (const slice of slices) store.delete('EndpointSlice', namespace, slice.metadata.name)
    for (const [i, subset] of (endpoints.subsets ?? []).entries()) store.put(sliceOf(service, subset, i))
  }

  function sliceOf(service: Service, subset: Subset, i: number): EndpointSlice {
    const { name, namespace, labels } = service.metadata
    // A Service with a selector gets its slices back once its pods change.
    const manager = hasSelector(service) ? ENDPOINTSLICE_CONTROLLER : MIRRORING_CONTROLLER
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${i}`,
        namespace,
        creationTimestamp: clock.timestamp(),
        labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: manager },
      },
      addressType: 'IPv4',
      ports: (subset.ports ?? []).map((port) => ({ name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP' })),
      endpoints: [
        ...(subset.addresses ?? []).map((address) => endpointOf(address, true)),
        ...(subset.notReadyAddresses ?? []).map((address) => endpointOf(address, false)),
      ],
    }
  }

  function endpointOf({ ip, hostname, nodeName, targetRef }: Address, ready: boolean): Endpoint {
    const zone = zoneOf(store.get('Node', '', nodeName ?? ''))
    return {
      addresses: [ip],
      conditions: { ready, serving: ready, terminating: false },
      ...(hostname === undefined ? {} : { hostname }),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(targetRef === undefined ? {} : { targetRef }),
      ...(zone === undefined ? {} : { zone }),
    }
  }
}
