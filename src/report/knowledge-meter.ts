import { sum } from 'd3-array'
import type { Nanos } from '../engine/agenda.ts'
import type { Address } from '../kernel/address.ts'
import type { ServiceHistory } from '../proxy/service-history.ts'
import type { ServicePort } from '../proxy/service-port.ts'
import type { Sync } from '../proxy/sync-loop.ts'
import type { Meter } from '../traffic/load.ts'
import type { Request } from '../traffic/request.ts'
import { Histogram, type Summary } from './histogram.ts'
import type { KnowledgeReport } from './timeline-report.ts'

/** A pod that stopped answering. */
interface Death {
  address: Address
  at: Nanos
  /** When it answered again. */
  until: Nanos
  /** The version of the history that has it no more; undefined while every version has it. */
  version: number | undefined
}

interface Window {
  from: Nanos
  to: Nanos
}

/** Holds what was true of pods against what the nodes' rules said. */
export class KnowledgeMeter implements Meter {
  readonly #history: ServiceHistory
  readonly #syncs = new Map<string, Sync[]>()
  readonly #failures = new Map<string, Nanos[]>()
  readonly #deaths: Death[] = []
  /** Announcements that have been looked at. */
  #seen = 0
  /** In how many service-ports an address is a ready endpoint. */
  #ready: Map<Address, number> | undefined
  /** The version at which an address, once an endpoint, was one no more. */
  readonly #left = new Map<Address, number>()

  constructor(history: ServiceHistory) {
    this.#history = history
  }

  ended(request: Request): void {
    if (request.failure === undefined || request.origin === undefined) return
    append(this.#failures, request.origin.node, request.start)
  }

  synced(node: string, sync: Sync): void {
    append(this.#syncs, node, sync)
  }

  /** The pod at that address takes no new connections from now on. */
  died(address: Address, at: Nanos): void {
    this.#look()
    const isEndpoint = (this.#ready?.get(address) ?? 0) > 0 || this.#left.has(address)
    if (isEndpoint) this.#deaths.push({ address, at, until: Number.POSITIVE_INFINITY, version: this.#left.get(address) })
  }

  /** It does again. */
  revived(address: Address, at: Nanos): void {
    for (const death of this.#deaths) if (death.address === address && death.until > at) death.until = at
  }

  /** By node; `now` ends what has not ended. */
  report(now: Nanos): Record<string, KnowledgeReport> {
    this.#look()
    const nodes = [...this.#syncs.keys()].sort()
    return Object.fromEntries(nodes.map((node) => [node, this.#reportOf(node, now)]))
  }

  /** Over all nodes. */
  propagation(): Summary | Record<string, never> {
    const all = new Histogram()
    for (const node of this.#syncs.keys()) all.merge(this.#propagationOf(node))
    return all.summary() ?? {}
  }

  #reportOf(node: string, now: Nanos): KnowledgeReport {
    const failures = this.#failures.get(node) ?? []
    const windows = merge(this.#deaths.map((death) => this.#windowOf(death, this.#syncs.get(node) ?? [], now)))
    const stale = windows.map(({ from, to }) => ({ from_ns: from, to_ns: to, failed: failures.filter((start) => start >= from && start < to).length }))
    return {
      propagation_ns: this.#propagationOf(node).summary() ?? {},
      stale_ns: sum(stale, ({ from_ns, to_ns }) => to_ns - from_ns),
      failed_while_stale: sum(stale, ({ failed }) => failed),
      stale,
    }
  }

  #propagationOf(node: string): Histogram {
    const latency = new Histogram()
    for (const { from, to, end } of this.#syncs.get(node) ?? []) {
      for (const { at } of this.#history.announcements.slice(from, to)) latency.record(end - at)
    }
    return latency
  }

  /** From the pod's death until the node's rules do without it. */
  #windowOf({ at, until, version }: Death, syncs: readonly Sync[], now: Nanos): Window {
    const cleaned = version === undefined ? undefined : syncs.find((sync) => sync.to >= version)?.end
    return { from: at, to: Math.min(cleaned ?? now, until, now) }
  }

  /** Follows the announcements up to the present. */
  #look(): void {
    const { announcements } = this.#history
    if (announcements.length === 0 && this.#ready !== undefined) return
    this.#ready ??= countReady(this.#history.snapshot(0).servicePorts)
    const ready = this.#ready
    for (; this.#seen < announcements.length; this.#seen++) {
      const { before, change } = announcements[this.#seen]!
      for (const [address, count] of countReady(change.servicePorts)) ready.set(address, (ready.get(address) ?? 0) + count)
      for (const [address, count] of countReady(before)) ready.set(address, (ready.get(address) ?? 0) - count)
      for (const address of new Set([...addressesOf(before), ...addressesOf(change.servicePorts)])) {
        if ((ready.get(address) ?? 0) > 0) this.#left.delete(address)
        else if (!this.#left.has(address)) this.#leave(address, this.#seen + 1)
      }
    }
  }

  #leave(address: Address, version: number): void {
    this.#left.set(address, version)
    for (const death of this.#deaths) if (death.address === address) death.version ??= version
  }
}

function countReady(servicePorts: readonly ServicePort[]): Map<Address, number> {
  const counts = new Map<Address, number>()
  for (const { endpoints } of servicePorts) for (const { address, ready } of endpoints) if (ready) counts.set(address, (counts.get(address) ?? 0) + 1)
  return counts
}

function addressesOf(servicePorts: readonly ServicePort[]): Address[] {
  return servicePorts.flatMap(({ endpoints }) => endpoints.map(({ address }) => address))
}

/** The windows in order, those that overlap as one, the empty ones left out. */
function merge(windows: readonly Window[]): Window[] {
  const merged: Window[] = []
  for (const { from, to } of [...windows].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (to <= from) continue
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else merged.push({ from, to })
  }
  return merged
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
