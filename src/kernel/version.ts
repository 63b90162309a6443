/** A kernel release as one number that compares: 6.18 is 6018. */
export type KernelVersion = number

/** Parses `6.1`, `5.15.0-91-generic`, `v4.19`; throws on anything that does not begin with major.minor. */
export function kernelVersion(text: string): KernelVersion {
  const match = /^v?(\d+)\.(\d+)/.exec(text)
  if (match === null) throw new TypeError(`not a kernel version: ${text}`)
  return Number(match[1]) * 1000 + Number(match[2])
}
