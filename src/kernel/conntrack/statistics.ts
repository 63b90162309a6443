/** What `conntrack -S` counts, for the whole machine. */
export class ConntrackStatistics {
  /** Tuples that NAT found taken when it looked for a free one. */
  found = 0
  /** Packets that could not be tracked. */
  invalid = 0
  /** Entries confirmed. (Current kernels count only those inserted from user space here.) */
  insert = 0
  insertFailed = 0
  /** Packets dropped for want of an entry or because of a clash. */
  drop = 0
  /** Entries evicted to make room. */
  earlyDrop = 0
  /** ICMP errors that belong to no connection. */
  error = 0
  /** Clashes after which both packets could go on. */
  clashResolve = 0
}
