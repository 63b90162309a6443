import { isReady, isTerminating, zoneOf, type Endpoint, type EndpointPort, type Node, type Pod, type Service } from '../api/object.ts'

type ServicePort = NonNullable<Service['spec']['ports']>[number]

/** A pod as an endpoint of a Service: endpointslice/utils.go podToEndpoint. */
export function endpointOf(pod: Pod, service: Service, node: Node | undefined): Endpoint {
  const serving = isReady(pod)
  const terminating = isTerminating(pod)
  const zone = zoneOf(node)
  const { name, namespace } = pod.metadata
  return {
    addresses: [pod.status.podIP ?? ''],
    conditions: { ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...(hasOwnName(pod, service) ? { hostname: pod.spec.hostname! } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', name, namespace },
    ...(zone === undefined ? {} : { zone }),
  }
}

/** A pod whose subdomain is the Service has a DNS name of its own: it needs its hostname in the endpoint. */
function hasOwnName(pod: Pod, service: Service): boolean {
  return Boolean(pod.spec.hostname) && pod.spec.subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace
}

/** The Service's ports as they are on this pod. A named port that the pod lacks is absent. */
export function endpointPorts(pod: Pod, service: Service): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPort(pod, port)
    if (number === undefined) return []
    const appProtocol = port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }
    return [{ name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP', ...appProtocol }]
  })
}

/** podutil.FindPort: a name is looked up with its protocol in the containers, then in the sidecars. */
function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  for (const container of [...pod.spec.containers, ...sidecars]) {
    const found = container.ports?.find(({ name, protocol }) => name === target && (protocol ?? 'TCP') === port.protocol)
    if (found !== undefined) return found.containerPort
  }
  return undefined
}
