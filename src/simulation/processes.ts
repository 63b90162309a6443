import type { Agenda } from '../engine/agenda.ts'
import type { RandomStreams } from '../engine/random.ts'
import type { Pod, Service } from '../cluster/object.ts'
import type { Selection } from '../cluster/selection.ts'
import { controllerOf } from '../cluster/object.ts'
import type { Server as ServerSpec, Scenario } from '../scenario/spec/scenario.ts'
import type { Reference } from '../scenario/values/reference.ts'
import type { Stack } from '../socket/stack.ts'
import { sampler } from '../traffic/distribution.ts'
import { Server } from '../traffic/server.ts'

/** A pod that no `servers` entry selects echoes at once, however many ask. */
const ECHO = { workers: Number.POSITIVE_INFINITY, backlog: 4096 }

interface Port {
  protocol: 'TCP' | 'UDP'
  port: number
}

/** Which process runs in which pod, and where it listens. */
export class Processes {
  readonly #agenda: Agenda
  readonly #streams: RandomStreams
  readonly #selection: Selection
  readonly #specs: readonly ServerSpec[]

  constructor(agenda: Agenda, streams: RandomStreams, selection: Selection, scenario: Scenario) {
    this.#agenda = agenda
    this.#streams = streams
    this.#selection = selection
    this.#specs = scenario.servers
  }

  /** Starts a pod's process on those sockets. */
  start(pod: Pod, stack: Stack): Server {
    const { namespace, name } = pod.metadata
    const spec = this.specOf(pod)
    const random = this.#streams.stream(`server/${namespace}/${name}`)
    const settings =
      spec === undefined
        ? { serviceTime: () => 0, workers: ECHO.workers, backlog: ECHO.backlog, response: undefined }
        : { serviceTime: sampler(spec.serviceTime, random), workers: spec.workers, backlog: spec.backlog, response: spec.response }
    const server = new Server(this.#agenda, stack, name, settings)
    for (const { protocol, port } of this.#portsOf(pod, spec)) server.listen(protocol, port)
    return server
  }

  /** The `servers` entry that selects the pod; the first one counts. */
  specOf(pod: Pod): ServerSpec | undefined {
    return this.#specs.find(({ select }) => this.#selects(select, pod))
  }

  #selects(select: Reference, pod: Pod): boolean {
    if (select.namespace !== pod.metadata.namespace) return false
    if (select.kind === 'pod') return select.name === pod.metadata.name
    if (select.kind === 'service') return this.#selection.servicesSelecting(pod).some((service) => service.metadata.name === select.name)
    return ownersOf(pod).some((owner) => owner.kind === select.kind && owner.name === select.name)
  }

  /** Exactly what `listen` says; else the declared ports and the numeric targetPorts of the Services that select the pod. */
  #portsOf(pod: Pod, spec: ServerSpec | undefined): Port[] {
    if (spec?.listen !== undefined) return spec.listen.filter(isModelled)
    const ports = pod.spec.containers.flatMap((container) => container.ports ?? []).map(({ containerPort, protocol }) => ({ port: containerPort, protocol: protocol ?? 'TCP' }))
    const targets = this.#selection.servicesSelecting(pod).flatMap(targetPorts)
    const unique = new Map([...ports, ...targets].map((port) => [`${port.protocol} ${port.port}`, port]))
    return [...unique.values()].filter(isModelled)
  }
}

/** A Deployment's pods are its ReplicaSets' pods; their names begin with the Deployment's. */
export function ownersOf(pod: Pod): { kind: string; name: string }[] {
  const owner = controllerOf(pod)
  if (owner === undefined) return []
  const kind = owner.kind.toLowerCase()
  const hash = pod.metadata.labels?.['pod-template-hash']
  const deployment = kind === 'replicaset' && hash !== undefined && owner.name.endsWith(`-${hash}`) ? [{ kind: 'deployment', name: owner.name.slice(0, -hash.length - 1) }] : []
  return [{ kind, name: owner.name }, ...deployment]
}

function targetPorts(service: Service): { port: number; protocol: string }[] {
  return (service.spec.ports ?? []).flatMap(({ port, targetPort, protocol }) => {
    const target = targetPort ?? port
    return typeof target === 'number' ? [{ port: target, protocol: protocol ?? 'TCP' }] : []
  })
}

function isModelled(port: { port: number; protocol: string }): port is Port {
  return port.protocol === 'TCP' || port.protocol === 'UDP'
}
