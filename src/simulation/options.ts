import type { Meter } from '../traffic/load.ts'

export interface SimulateOptions {
  seed?: string
  mode?: 'iptables' | 'ipvs' | 'nftables' | 'userspace'
  /** Settings as `--set` takes them: path to value. */
  set?: Readonly<Record<string, unknown>>
  /** By the name of the traffic: told of each of its requests that ends. */
  observers?: Readonly<Record<string, Meter>>
}

export interface ProbeOptions {
  /** `pod/NS/NAME`, `node/NAME` or `client/NAME`. */
  from: string
  /** `tcp://10.96.0.10:80`, `udp://…`, `icmp://…`, `http://…`, `svc/NAME.NS:PORT`. */
  to: string
  /** Default 1. */
  count?: number
  mode?: 'iptables' | 'ipvs' | 'nftables' | 'userspace'
  scheduler?: string
  via?: string
  sourcePort?: number
  /** Between attempts, and how long each may take: `1s`. Defaults 0 and 1.5s. */
  gap?: string
  timeout?: string
  seed?: string
  set?: Readonly<Record<string, unknown>>
}

export interface ArmsWanted {
  /** `iptables`, `ipvs:rr`, `nftables`, … the first is what the others are held against. */
  modes?: readonly string[]
  /** Names of the scenario's variants. */
  variants?: readonly string[]
  /** `PATH=VALUE` as `--set` takes it; a path that occurs more than once is compared. */
  sets?: readonly string[]
}

export interface CompareOptions extends ArmsWanted {
  /** How many seeds; default 10. */
  seeds?: number
}
