/** netfilter's hooks (include/uapi/linux/netfilter.h). */
export const PRE_ROUTING = 0
export const LOCAL_IN = 1
export const FORWARD = 2
export const LOCAL_OUT = 3
export const POST_ROUTING = 4
export type Hook = typeof PRE_ROUTING | typeof LOCAL_IN | typeof FORWARD | typeof LOCAL_OUT | typeof POST_ROUTING

/** The names that iptables gives to the built-in chains of those hooks. */
export const HOOK_CHAINS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const

/** Priorities of what registers at a hook; the lowest runs first (include/uapi/linux/netfilter_ipv4.h). */
export const PRIORITY = {
  raw: -300,
  conntrack: -200,
  mangle: -150,
  natDestination: -100,
  ipvsLocalOut: -99,
  filter: 0,
  ipvsLocalIn: 98,
  ipvsForward: 99,
  natSource: 100,
  conntrackConfirm: 2 ** 31 - 1,
} as const

/** What a hook says of a packet: gone, let it pass, or taken over (an answer has been made of it). */
export const NF_DROP = 0
export const NF_ACCEPT = 1
export const NF_STOLEN = 2
export type Verdict = typeof NF_DROP | typeof NF_ACCEPT | typeof NF_STOLEN
