/** TCP's states (RFC 9293), as far as a socket object lives in them: SYN_RECV is a `Request`, TIME_WAIT a record. */
export const CLOSED = 0
export const SYN_SENT = 1
export const ESTABLISHED = 2
export const FIN_WAIT1 = 3
export const FIN_WAIT2 = 4
export const CLOSE_WAIT = 5
export const CLOSING = 6
export const LAST_ACK = 7

/** Bits of `TcpSocket.flags`. */
/** The application does not read: arrived bytes stay in the receive queue. */
export const PAUSED = 1
/** The application has closed the socket; the kernel finishes alone. */
export const ORPHAN = 2
/** A FIN follows what is queued. */
export const FIN_QUEUED = 4
/** The FIN has been sent at least once. */
export const FIN_SENT = 8
/** The peer's FIN has arrived in order. */
export const PEER_FIN = 16
/** The application has been told of it. */
export const END_TOLD = 32
/** An ACK is owed. */
export const ACK_OWED = 64
/** Interactive mode (inet_csk_in_pingpong_mode): answers are expected to carry the ACKs. */
export const PINGPONG = 128
/** The congestion window, not the application, bounded the last flight. */
export const CWND_LIMITED = 256
/** Data has arrived: `lastReceived` means something. */
export const HAS_RECEIVED = 512
/** The connection came in through a listener. */
export const PASSIVE = 1024
