/** Folds a stream of numbers into 64 bits, so that two runs can be compared by one word. Not cryptographic. */
export class Fingerprint {
  #a = 0x811c9dc5 | 0
  #b = 0x01000193 | 0

  /** Folds a number; whole part and the part above 2^32 both count. */
  fold(value: number): void {
    const low = value | 0
    const high = (value / 0x1_0000_0000) | 0
    this.#a = Math.imul(this.#a ^ low, 0x01000193)
    this.#b = Math.imul((this.#b ^ (this.#a >>> 15)) + high, 0x85ebca6b)
  }

  /** 16 hex digits. */
  digest(): string {
    return hex(this.#a) + hex(this.#b)
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
