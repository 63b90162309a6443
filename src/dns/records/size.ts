import type { DnsMessage, ResourceRecord } from './message.ts'

/**
 * How long a message is on the wire, and what is left of it when it is too long. The rule is that of miekg/dns
 * (Msg.Truncate, as CoreDNS's Scrub calls it): as it is if it fits without compression; else names are compressed; else
 * additional, authority and answer records are left out from the end until it fits, and TC is set.
 */

/** Largest UDP answer for a query without EDNS(0) (RFC 1035 4.2.1). */
export const PLAIN_UDP_LIMIT = 512
/** Largest answer over TCP, whose length has 16 bits (RFC 1035 4.2.2). */
export const TCP_LIMIT = 65_535

const HEADER = 12
const QUESTION_TAIL = 4
/** Type, class, TTL and data length. */
const RECORD_TAIL = 10
const POINTER = 2
/** The OPT pseudo-record of a query with EDNS(0) and of its answer; dig's cookie adds 12 bytes. */
export const OPT_SIZE = 11

/** Bytes of a query; `opt` is the size of its OPT record, 0 without EDNS(0). */
export function querySize(name: string, opt: number): number {
  return HEADER + plainName(name) + QUESTION_TAIL + opt
}

/** Bytes of the message as it is sent within `limit` (`truncate` first): uncompressed if that fits. */
export function messageSize(message: DnsMessage, opt: number, limit: number): number {
  const plain = sizeOf(message, opt, false)
  return plain <= limit ? plain : sizeOf(message, opt, true)
}

/** The message as it fits into `limit` bytes; the same object if nothing had to go. */
export function truncate(message: DnsMessage, opt: number, limit: number): DnsMessage {
  if (messageSize(message, opt, limit) <= limit) return message
  const sizes = new CompressedSize(message.question.name, opt)
  const answers = sizes.fit(message.answers, limit)
  const authority = sizes.fit(message.authority, limit)
  const additional = sizes.fit(message.additional, limit)
  const truncated = message.truncated || answers.length < message.answers.length
  return { ...message, truncated, answers, authority, additional }
}

function sizeOf(message: DnsMessage, opt: number, compressed: boolean): number {
  const names = compressed ? new CompressedSize(message.question.name, opt) : undefined
  const sections = sectionSize(message.answers, names) + sectionSize(message.authority, names) + sectionSize(message.additional, names)
  return querySize(message.question.name, opt) + sections
}

function sectionSize(records: readonly ResourceRecord[], names: CompressedSize | undefined): number {
  let size = 0
  for (const record of records) size += recordSize(record, names)
  return size
}

/** Adds up a message whose names are compressed: a suffix that was written before takes two bytes (RFC 1035 4.1.4). */
class CompressedSize {
  used: number
  readonly #written = new Set<string>()

  constructor(question: string, opt: number) {
    this.used = querySize(question, opt)
    this.name(question)
  }

  name(name: string): number {
    let size = 0
    for (let rest = name; rest !== ''; ) {
      if (this.#written.has(rest)) return size + POINTER
      this.#written.add(rest)
      const dot = rest.indexOf('.')
      size += 1 + (dot < 0 ? rest.length : dot)
      rest = dot < 0 ? '' : rest.slice(dot + 1)
    }
    return size + 1
  }

  /** The records of a section, from its beginning, that still fit. */
  fit(records: readonly ResourceRecord[], limit: number): readonly ResourceRecord[] {
    for (const [index, record] of records.entries()) {
      const size = recordSize(record, this)
      if (this.used + size > limit) {
        this.used = limit // what comes after a record that was left out is left out too
        return records.slice(0, index)
      }
      this.used += size
    }
    return records
  }
}

function recordSize(record: ResourceRecord, names: CompressedSize | undefined): number {
  return nameSize(record.name, names) + RECORD_TAIL + dataSize(record, names)
}

function nameSize(name: string, names: CompressedSize | undefined): number {
  return names === undefined ? plainName(name) : names.name(name)
}

function dataSize(record: ResourceRecord, names: CompressedSize | undefined): number {
  switch (record.type) {
    case 'A':
      return 4
    case 'AAAA':
      return 16
    case 'CNAME':
    case 'PTR':
      return nameSize(record.target, names)
    case 'TXT':
      return 1 + record.text.length
    case 'SRV':
      return 6 + plainName(record.target) // RFC 2782: the target is not compressed
    case 'SOA':
      return nameSize(record.mname, names) + nameSize(record.rname, names) + 20
  }
}

/** Bytes of a name that is written out: a length before each label and the empty one at the end. */
function plainName(name: string): number {
  return name === '' ? 1 : name.length + 2
}
