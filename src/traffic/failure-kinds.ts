/** How requests fail, in the words of the caller's system call. */
export const FAILURE_KINDS: readonly string[] = [
  'timeout', 'connection refused (tcp RST)', 'connection refused (icmp-port-unreachable from ADDRESS)', 'connection reset', 'closed-without-data',
  'no route to host', 'EPERM from send()', 'icmp-port-unreachable from ADDRESS', 'name not resolved', 'caller ended', 'no answer',
]

/** With the address of whoever sent the ICMP error, or an errno that has no words of its own. */
const PATTERN = /^(connection refused \()?icmp-[a-z0-9-]+ from [\d.]+\)?$|^E[A-Z]+$/

/** Can a request fail like this, whether or not one has? */
export function isFailureKind(text: string): boolean {
  return FAILURE_KINDS.includes(text) || PATTERN.test(text)
}
