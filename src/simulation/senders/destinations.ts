import type { ApplicationCache } from '../../dns/lookups.ts'
import { below } from '../../engine/random.ts'
import { refOf, type Service } from '../../cluster/api/object.ts'
import { parseAddress } from '../../kernel/address.ts'
import type { Host, Target } from '../../scenario/values/target.ts'
import { fixedDestination, type NameService } from '../../traffic/client.ts'
import { missing, missingObject } from './missing.ts'
import { NOT_RESOLVED, resolving } from '../names/name-service.ts'
import type { World } from '../world.ts'
import type { Caller } from './caller.ts'
import { WorldError } from '../world-error.ts'

/** How the target of some traffic becomes an address, for that caller. */
export function nameServiceFor(world: World, target: Target, caller: Caller, cache: ApplicationCache): NameService {
  return orNobody(world, caller, () => findTarget(world, target, caller, cache))
}

/**
 * A target that means nothing is a WorldError before the run. But whoever asks in the course of it, in a cluster that has changed
 * since, finds nobody there, and the run goes on.
 */
function orNobody<Found>(world: World, { pod }: Caller, find: () => Found): Found | NameService {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof WorldError) || world.now === 0) throw error
    world.cluster.problems.push({ message: error.message, ref: pod === undefined ? { kind: 'traffic', namespace: '', name: 'target' } : refOf(pod) })
    return { resolve: (request, done) => done(request, { failure: NOT_RESOLVED }) }
  }
}

function findTarget(world: World, target: Target, caller: Caller, cache: ApplicationCache): NameService {
  const port = portOf(world, target, caller)
  const { host } = target
  switch (host.kind) {
    case 'address':
      return fixedDestination({ address: parsed(host.address, target.text), port })
    case 'variable':
      return forVariable(world, host.variable, target, caller, port)
    case 'name':
      return resolving(world.names.lookupsFor(caller, cache), host.name, port)
    case 'object':
      return forObject(world, host, target, caller, port)
  }
}

function forVariable(world: World, variable: string, target: Target, caller: Caller, port: number): NameService {
  const value = variableOf(world, variable, target, caller)
  return fixedDestination({ address: parsed(value, `${target.text}: $${variable} is ${value}`), port })
}

function forObject(world: World, host: Extract<Host, { kind: 'object' }>, target: Target, caller: Caller, port: number): NameService {
  const { kind, name } = host.object
  const namespace = host.object.namespace === '' ? caller.namespace : host.object.namespace
  const { store } = world.cluster
  if (kind === 'node') {
    const facts = world.factsOf(name)
    if (facts === undefined) throw new WorldError(`${target.text}: ${missing('node', name, world.nodeFacts().map((each) => each.name))}`)
    return fixedDestination({ address: facts.address, port })
  }
  if (kind === 'pod') {
    return presentOrAwaited(world, caller, () => whyNoAddress(world, target, namespace, name), () => {
      const { podIP } = store.get('Pod', namespace, name)?.status ?? {}
      return podIP === undefined ? undefined : fixedDestination({ address: parsed(podIP, target.text), port })
    })
  }
  return presentOrAwaited(world, caller, () => `${target.text}: ${missingObject(store, 'Service', namespace, name)}`, () => {
    const service = store.get('Service', namespace, name)
    return service === undefined ? undefined : forService(world, service, target, caller, port)
  })
}

function whyNoAddress({ cluster: { store } }: World, target: Target, namespace: string, name: string): string {
  const exists = store.get('Pod', namespace, name) !== undefined
  return `${target.text}: ${exists ? `pod ${namespace}/${name} has no address: it is on no node, or has not started` : missingObject(store, 'Pod', namespace, name)}`
}

/** What is not there now may come in the course of a run that has a timeline; until then there is nothing to ask for. */
function presentOrAwaited(world: World, caller: Caller, absence: () => string, find: () => NameService | undefined): NameService {
  let found = find()
  if (found !== undefined) return found
  if (world.scenario.timeline.length === 0) throw new WorldError(absence())
  return {
    resolve: (request, done) => {
      found ??= orNobody(world, caller, find)
      if (found === undefined) done(request, { failure: NOT_RESOLVED })
      else found.resolve(request, done)
    },
  }
}

function forService(world: World, service: Service, target: Target, caller: Caller, port: number): NameService {
  const { type, clusterIP, externalName } = service.spec
  const { namespace, name } = service.metadata
  if (type === 'ExternalName') {
    throw new WorldError(`${target.text}: Service ${namespace}/${name} is an ExternalName: it has no address, only the name ${externalName ?? ''}; nothing in the simulated cluster is behind it`)
  }
  const balanced = service.status.loadBalancer?.ingress?.find(({ ip }) => ip !== undefined)?.ip
  if (caller.isOutside && type === 'LoadBalancer') {
    return balanced === undefined ? pending(world, service, port) : fixedDestination({ address: parsed(balanced, target.text), port })
  }
  if (clusterIP === 'None' || clusterIP === undefined || clusterIP === '') return headless(world, service, target, port)
  return fixedDestination({ address: parsed(clusterIP, target.text), port })
}

/** Nobody has given the Service an address outside so far: there is nothing to ask for until somebody does. */
function pending(world: World, { kind, metadata }: Service, port: number): NameService {
  const { namespace, name } = metadata
  const message = 'EXTERNAL-IP is <pending>, so that clients outside have no address to ask: give it one in its status, a pool in cluster.loadBalancer.pool, or an IPAddressPool and an L2Advertisement of MetalLB'
  world.cluster.problems.push({ message, ref: { kind, namespace, name } })
  return {
    resolve: (request, done) => {
      const ingress = world.cluster.store.get('Service', namespace, name)?.status.loadBalancer?.ingress?.[0]?.ip
      const address = parseAddress(ingress ?? '')
      done(request, address === undefined ? { failure: NOT_RESOLVED } : { address, port })
    },
  }
}

/** A headless Service has only its endpoints: each request takes one of those that are ready now, as a client does that picks from DNS answers. */
function headless(world: World, service: Service, target: Target, port: number): NameService {
  const random = world.streams.stream(`headless/${service.metadata.namespace}/${service.metadata.name}/${target.text}`)
  const { selection } = world.cluster
  const named = service.spec.ports?.find((each) => each.port === port)
  return {
    resolve: (request, done) => {
      const ready = [...selection.slicesOf(service)].flatMap((slice) => {
        const own = slice.ports?.find((each) => (each.name ?? '') === (named?.name ?? ''))?.port ?? port
        return slice.endpoints.filter(({ conditions }) => conditions?.ready !== false).map(({ addresses }) => ({ address: parseAddress(addresses[0] ?? ''), port: own }))
      })
      const chosen = ready[below(random, ready.length)]
      if (chosen?.address === undefined) done(request, { failure: NOT_RESOLVED })
      else done(request, { address: chosen.address, port: chosen.port })
    },
  }
}

function portOf(world: World, target: Target, caller: Caller): number {
  if (typeof target.port === 'number') return target.port
  const text = variableOf(world, target.port, target, caller)
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new WorldError(`${target.text}: $${target.port} is ${text}, which is no port`)
  return port
}

function variableOf(world: World, variable: string, target: Target, caller: Caller): string {
  const { pod } = caller
  if (pod === undefined) throw new WorldError(`${target.text}: only pods have variables such as $${variable}`)
  const value = world.cluster.environmentOf(pod).find(({ name }) => name === variable)?.value
  if (value !== undefined) return value
  throw new WorldError(
    `${target.text}: $${variable} is not set in pod ${pod.metadata.namespace}/${pod.metadata.name}; a pod is told of the Services that existed in its own namespace when it was made`,
  )
}

function parsed(text: string, where: string): number {
  const address = parseAddress(text)
  if (address === undefined) throw new WorldError(`${where}: ${text} is not an IPv4 address`)
  return address
}
