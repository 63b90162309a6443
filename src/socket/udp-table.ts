const FIRST_SIZE = 16

/** A socket on a port, and the next one in its bucket. */
export interface Bound<Socket> {
  readonly localPort: number
  sibling: Socket | undefined
}

/** The UDP sockets of a namespace, by local port (struct udp_table): a power of two of buckets, sockets linked to each other. */
export class UdpTable<Socket extends Bound<Socket>> {
  #buckets = emptyBuckets<Socket>(FIRST_SIZE)
  #count = 0

  /** The first socket of the port's bucket. The others follow by `sibling`; some of them may have other ports. */
  first(port: number): Socket | undefined {
    return this.#buckets[port & (this.#buckets.length - 1)]
  }

  has(port: number): boolean {
    for (let socket = this.first(port); socket !== undefined; socket = socket.sibling) if (socket.localPort === port) return true
    return false
  }

  add(socket: Socket): void {
    if (++this.#count > this.#buckets.length) this.#grow()
    this.#link(socket)
  }

  remove(socket: Socket): void {
    const bucket = socket.localPort & (this.#buckets.length - 1)
    if (this.#buckets[bucket] === socket) this.#buckets[bucket] = socket.sibling
    else {
      let before = this.#buckets[bucket]
      while (before !== undefined && before.sibling !== socket) before = before.sibling
      if (before === undefined) return
      before.sibling = socket.sibling
    }
    socket.sibling = undefined
    this.#count--
  }

  list(): Socket[] {
    const all: Socket[] = []
    for (const first of this.#buckets) {
      for (let socket = first; socket !== undefined; socket = socket.sibling) all.push(socket)
    }
    return all
  }

  #link(socket: Socket): void {
    const bucket = socket.localPort & (this.#buckets.length - 1)
    socket.sibling = this.#buckets[bucket]
    this.#buckets[bucket] = socket
  }

  #grow(): void {
    const all = this.list()
    this.#buckets = emptyBuckets<Socket>(this.#buckets.length * 2)
    for (const socket of all) this.#link(socket)
  }
}

function emptyBuckets<Socket>(size: number): (Socket | undefined)[] {
  return new Array<Socket | undefined>(size).fill(undefined)
}
