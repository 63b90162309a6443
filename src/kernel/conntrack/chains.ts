const SMALLEST_BITS = 4

/**
 * A chained hash over small integers (nodes), typed and without objects: a power of two of buckets, each the head of
 * a list. The newest node of a bucket comes first, as in the kernel's hlists.
 */
export class Chains {
  /** First node of each bucket, -1 if empty. */
  heads = new Int32Array(1 << SMALLEST_BITS).fill(-1)
  /** The node after each node. */
  next = new Int32Array(0)
  /** A hash shifted right by this is its bucket: the top bits, so that growing splits buckets in two. */
  shift = 32 - SMALLEST_BITS

  insert(node: number, hash: number): void {
    const bucket = hash >>> this.shift
    this.next[node] = this.heads[bucket]!
    this.heads[bucket] = node
  }

  remove(node: number, hash: number): void {
    const bucket = hash >>> this.shift
    let at = this.heads[bucket]!
    if (at === node) {
      this.heads[bucket] = this.next[node]!
      return
    }
    while (at >= 0) {
      const after = this.next[at]!
      if (after === node) {
        this.next[at] = this.next[node]!
        return
      }
      at = after
    }
  }

  /** Makes room for that many nodes, with at least so many buckets. True: the buckets are empty now, insert the nodes again. */
  grow(nodes: number, buckets = nodes): boolean {
    if (nodes > this.next.length) {
      const next = new Int32Array(nodes)
      next.set(this.next)
      this.next = next
    }
    if (buckets <= this.heads.length) return false
    const bits = Math.ceil(Math.log2(buckets))
    this.heads = new Int32Array(2 ** bits).fill(-1)
    this.shift = 32 - bits
    return true
  }
}
