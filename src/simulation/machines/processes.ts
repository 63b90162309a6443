import type { Agenda, Nanos } from '../../engine/agenda.ts'
import type { RandomStreams } from '../../engine/random.ts'
import type { Pod, Service } from '../../cluster/api/object.ts'
import type { Selection } from '../../cluster/api/selection.ts'
import type { Server as ServerSpec, Scenario } from '../../scenario/schema/scenario.ts'
import type { Stack } from '../../socket/stack.ts'
import type { Activity } from '../../traffic/activity.ts'
import { sampler } from '../../traffic/distribution.ts'
import { Server } from '../../traffic/server.ts'
import { isMeant } from '../senders/pod-reference.ts'

/** A pod that no `servers` entry selects echoes at once, however many ask. */
const ECHO = { workers: Number.POSITIVE_INFINITY, backlog: 4096 }

interface Port {
  protocol: 'TCP' | 'UDP'
  port: number
}

/** A pod's process. A pod is taken to have one, whatever its containers. */
class Process {
  readonly pod: Pod
  /** When it has started up. */
  readonly upAt: Nanos
  readonly activities: Activity[] = []
  hasEnded = false
  /** Would it take a new connection, once it is up? */
  listens = true

  constructor(pod: Pod, upAt: Nanos) {
    this.pod = pod
    this.upAt = upAt
  }
}

/** Whoever wants to know how processes come and go, from now on. */
export interface ProcessFollower {
  /** It has started up. */
  up?(pod: Pod): void
  /** It takes no new connections any more. */
  deaf?(pod: Pod): void
}

/** Which process runs in which pod, where it listens, and how it ends. */
export class Processes {
  readonly #agenda: Agenda
  /** Those that start from now on greet whoever connects, as the servers did that probes were recorded against. */
  serversSpeakFirst = false
  /** By the pod's uid. */
  readonly #processes = new Map<string, Process>()
  readonly #followers: ProcessFollower[] = []
  readonly #streams: RandomStreams
  readonly #selection: Selection
  readonly #specs: readonly ServerSpec[]

  constructor(agenda: Agenda, streams: RandomStreams, selection: Selection, scenario: Scenario) {
    this.#agenda = agenda
    this.#streams = streams
    this.#selection = selection
    this.#specs = scenario.servers
  }

  follow(follower: ProcessFollower): void {
    this.#followers.push(follower)
  }

  /** The pod's containers have started now: its process listens when it has started up. */
  begin(pod: Pod): void {
    const process = new Process(pod, this.#agenda.now + this.startupOf(pod))
    this.#processes.set(uidOf(pod), process)
    this.#agenda.post(process.upAt, this.#tellUp, process)
  }

  /** What the pod's process does besides answering requests. */
  join(pod: Pod, activity: Activity): void {
    this.#processOf(pod).activities.push(activity)
  }

  /** SIGTERM. `exit` is called when the process has ended by itself, which may be never. */
  terminate(pod: Pod, exit: () => void): void {
    const behaviour = this.#specOf(pod)?.onSigterm ?? 'close'
    if (behaviour === 'ignore') return
    const activities = this.#processOf(pod).activities.filter(({ heedsSigterm }) => behaviour === 'drain' || heedsSigterm === true)
    let left = activities.length
    if (left === 0) return exit()
    this.#turnDeaf(this.#processOf(pod))
    for (const activity of activities) {
      activity.drain(() => {
        left--
        if (left === 0) exit()
      })
    }
  }

  /** The process ends here and now. */
  end(pod: Pod): void {
    const process = this.#processOf(pod)
    this.#turnDeaf(process)
    process.hasEnded = true
    for (const activity of process.activities.splice(0)) activity.end()
  }

  /** Nothing of the pod is left. */
  forget(pod: Pod): void {
    this.#processes.delete(uidOf(pod))
  }

  /** Until it listens, from its container's start. */
  startupOf(pod: Pod): Nanos {
    return this.#specOf(pod)?.startup ?? 0
  }

  /** Opens the sockets that the pod's process listens on, now or when it has started up. */
  open(pod: Pod, stack: Stack): void {
    const process = this.#processOf(pod)
    if (process.hasEnded) return
    const server = this.#serverOf(pod, stack)
    process.activities.push(server)
    const listen = () => {
      if (process.hasEnded) return
      for (const { protocol, port } of this.#portsOf(pod, this.#specOf(pod))) server.listen(protocol, port)
    }
    if (process.upAt <= this.#agenda.now) listen()
    else this.#agenda.post(process.upAt, listen, undefined)
  }

  #turnDeaf(process: Process): void {
    if (!process.listens) return
    process.listens = false
    for (const follower of this.#followers) follower.deaf?.(process.pod)
  }

  readonly #tellUp = (process: Process): void => {
    if (!process.hasEnded) for (const follower of this.#followers) follower.up?.(process.pod)
  }

  /** A pod that was there at the beginning has been up for long. */
  #processOf(pod: Pod): Process {
    let process = this.#processes.get(uidOf(pod))
    if (process === undefined) this.#processes.set(uidOf(pod), (process = new Process(pod, 0)))
    return process
  }

  #serverOf(pod: Pod, stack: Stack): Server {
    const { namespace, name } = pod.metadata
    const spec = this.#specOf(pod)
    const random = this.#streams.stream(`server/${namespace}/${name}`)
    const speaksFirst = this.serversSpeakFirst
    const settings =
      spec === undefined
        ? { serviceTime: () => 0, ...ECHO, response: undefined, speaksFirst }
        : { serviceTime: sampler(spec.serviceTime, random), workers: spec.workers, backlog: spec.backlog, response: spec.response, speaksFirst }
    return new Server(this.#agenda, stack, name, settings)
  }

  /** The `servers` entry that selects the pod; the first one counts. */
  #specOf(pod: Pod): ServerSpec | undefined {
    return this.#specs.find(({ select }) => isMeant(this.#selection, select, pod))
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

function targetPorts(service: Service): { port: number; protocol: string }[] {
  return (service.spec.ports ?? []).flatMap(({ port, targetPort, protocol }) => {
    const target = targetPort ?? port
    return typeof target === 'number' ? [{ port: target, protocol: protocol ?? 'TCP' }] : []
  })
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? `${pod.metadata.namespace}/${pod.metadata.name}`
}

function isModelled(port: { port: number; protocol: string }): port is Port {
  return port.protocol === 'TCP' || port.protocol === 'UDP'
}
