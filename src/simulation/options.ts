import type { ProxyMode } from '../proxy/config.ts'
import type { Meter } from '../traffic/load.ts'

/** What goes before the scenario's own settings. */
export interface SimulateOptions {
  seed?: string
  mode?: ProxyMode
  /** Settings as `--set` takes them: path to value. */
  set?: Readonly<Record<string, unknown>>
  /** By the name of the traffic: told of each of its requests that ends. */
  observers?: Readonly<Record<string, Meter>>
}

/** Who sends what to whom. */
export interface ProbeOptions {
  /** `pod/NS/NAME`, `node/NAME` or `client/NAME`. */
  from: string
  /** `tcp://10.96.0.10:80`, `udp://…`, `icmp://…`, `http://…`, `svc/NAME.NS:PORT`. */
  to: string
  /** Default 1. */
  count?: number
  mode?: ProxyMode
  /** Of IPVS: `rr`, `wlc`, … */
  scheduler?: string
  /** From outside the cluster: the node that is asked, as a load balancer would. */
  via?: string
  /** That of the first attempt; without it the kernel picks one. */
  sourcePort?: number
  /** Between attempts, and how long each may take: `1s`. Defaults 0 and 1.5s. */
  gap?: string
  timeout?: string
  seed?: string
  /** As in `SimulateOptions`. */
  set?: Readonly<Record<string, unknown>>
}

/** The settings to hold beside each other: every combination of what is listed. */
export interface ArmsWanted {
  /** `iptables`, `ipvs:rr`, `nftables`, … the first is what the others are held against. */
  modes?: readonly string[]
  /** Names of the scenario's variants. */
  variants?: readonly string[]
  /** `PATH=VALUE` as `--set` takes it; a path that occurs more than once is compared. */
  sets?: readonly string[]
}

/** What to compare, and how often. */
export interface CompareOptions extends ArmsWanted {
  /** How many seeds; default 10. */
  seeds?: number
}
