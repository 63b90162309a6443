import type { DnsMessage, DnsQuestion } from './records/message.ts'
import { messageSize, OPT_SIZE, PLAIN_UDP_LIMIT, querySize, TCP_LIMIT } from './records/size.ts'
import type { Transport } from './resolver/resolution.ts'

/** The port of DNS (RFC 1035 4.2). */
export const DNS_PORT = 53

/** Bytes before a message on a TCP connection: its length (RFC 1035 4.2.2). */
const LENGTH_PREFIX = 2

/** A question as packets carry it. */
export class Query {
  /** The message ID. */
  readonly id: number
  readonly question: DnsQuestion
  /** UDP payload size announced with EDNS(0); 0 without it. */
  readonly edns: number

  constructor(id: number, question: DnsQuestion, edns: number) {
    this.id = id
    this.question = question
    this.edns = edns
  }
}

/** An answer as packets carry it. */
export class Response {
  readonly id: number
  readonly message: DnsMessage

  constructor(id: number, message: DnsMessage) {
    this.id = id
    this.message = message
  }
}

/** Payload bytes of a query. */
export function queryBytes({ question, edns }: Query, transport: Transport): number {
  const size = querySize(question.name, edns > 0 ? OPT_SIZE : 0)
  return transport === 'tcp' ? size + LENGTH_PREFIX : size
}

/** Payload bytes of the answer to a query, once it has been cut to what its asker can take. */
export function responseBytes(query: Query, message: DnsMessage, transport: Transport): number {
  const opt = query.edns > 0 ? OPT_SIZE : 0
  if (transport === 'tcp') return messageSize(message, opt, TCP_LIMIT) + LENGTH_PREFIX
  return messageSize(message, opt, Math.max(PLAIN_UDP_LIMIT, query.edns))
}
