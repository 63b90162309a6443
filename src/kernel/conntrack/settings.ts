const SECOND = 1_000_000_000

// Places in `timeouts`. The first ten are the TCP states in the order of enum tcp_conntrack.
export const RETRANS = 10
export const UNACKNOWLEDGED = 11
export const UDP_UNREPLIED = 12
export const UDP_STREAM = 13
export const ICMP_ECHO = 14
export const GENERIC = 15
export const SCTP_COOKIE_WAIT = 16
export const SCTP_COOKIE_ECHOED = 17
export const SCTP_ESTABLISHED = 18

/** Sysctl below `net.netfilter.nf_conntrack_`, default in seconds, place (net/netfilter/nf_conntrack_proto_*.c). */
const TIMEOUTS: readonly (readonly [name: string, seconds: number, place: number])[] = [
  ['tcp_timeout_syn_sent', 120, 1],
  ['tcp_timeout_syn_recv', 60, 2],
  ['tcp_timeout_established', 432_000, 3],
  ['tcp_timeout_fin_wait', 120, 4],
  ['tcp_timeout_close_wait', 60, 5],
  ['tcp_timeout_last_ack', 30, 6],
  ['tcp_timeout_time_wait', 120, 7],
  ['tcp_timeout_close', 10, 8],
  ['tcp_timeout_max_retrans', 300, RETRANS],
  ['tcp_timeout_unacknowledged', 300, UNACKNOWLEDGED],
  ['udp_timeout', 30, UDP_UNREPLIED],
  ['udp_timeout_stream', 120, UDP_STREAM],
  ['icmp_timeout', 30, ICMP_ECHO],
  ['generic_timeout', 600, GENERIC],
  ['sctp_timeout_cookie_wait', 3, SCTP_COOKIE_WAIT],
  ['sctp_timeout_cookie_echoed', 3, SCTP_COOKIE_ECHOED],
  ['sctp_timeout_established', 210, SCTP_ESTABLISHED],
]
/** SYN_SENT2, a simultaneous open, has no sysctl. */
const SYN_SENT2 = 9

const PREFIX = 'net.netfilter.nf_conntrack_'

/** The sysctls of connection tracking, ready for use; `set` takes them by name. */
export class ConntrackSettings {
  /** Nanoseconds, by place. */
  readonly timeouts = new Float64Array(19)
  /** Most entries (nf_conntrack_max). */
  max = 262_144
  /** Buckets of the kernel's table: they decide how many entries early drop looks at. */
  buckets = 262_144
  /** Out-of-window segments are valid (RSTs excepted by the state machine). */
  tcpBeLiberal = false
  /** A connection is picked up in the middle. */
  tcpLoose = true
  tcpMaxRetrans = 3
  tcpIgnoreInvalidRst = false

  readonly #setters: Readonly<Record<string, (value: number) => void>> = {
    max: (value) => (this.max = value),
    buckets: (value) => (this.buckets = value),
    tcp_be_liberal: (value) => (this.tcpBeLiberal = value !== 0),
    tcp_loose: (value) => (this.tcpLoose = value !== 0),
    tcp_max_retrans: (value) => (this.tcpMaxRetrans = value),
    tcp_ignore_invalid_rst: (value) => (this.tcpIgnoreInvalidRst = value !== 0),
  }

  constructor() {
    for (const [, seconds, place] of TIMEOUTS) this.timeouts[place] = seconds * SECOND
    this.timeouts[SYN_SENT2] = 120 * SECOND
  }

  /** Sets `net.netfilter.nf_conntrack_…`; timeouts are seconds. False if connection tracking has no such sysctl. */
  set(name: string, value: number): boolean {
    if (!name.startsWith(PREFIX)) return false
    const key = name.slice(PREFIX.length)
    const timeout = TIMEOUTS.find(([timeoutName]) => timeoutName === key)
    if (timeout !== undefined) {
      this.timeouts[timeout[2]] = value * SECOND
      return true
    }
    if (!Object.hasOwn(this.#setters, key)) return false
    this.#setters[key]?.(value)
    return true
  }
}
