// Status bits of a connection, with the kernel's names and values (include/uapi/linux/netfilter/nf_conntrack_common.h).
/** A packet has come in the reply direction. */
export const SEEN_REPLY = 1 << 1
/** Worth keeping when the table is full. */
export const ASSURED = 1 << 2
/** In the table: its first packet has left the machine or reached a socket. */
export const CONFIRMED = 1 << 3
/** Its source, its destination is rewritten. */
export const SRC_NAT = 1 << 4
export const DST_NAT = 1 << 5
/** It has been decided whether they are: a null binding sets these alone. */
export const SRC_NAT_DONE = 1 << 7
export const DST_NAT_DONE = 1 << 8
/** Out of the table, although a packet may still hold it. */
export const DYING = 1 << 9
/** Packets do not prolong its life. */
export const FIXED_TIMEOUT = 1 << 10
/** It lost a clash and is found by replies alone. */
export const NAT_CLASH = 1 << 12
