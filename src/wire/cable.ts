/** What connects a machine to the network: all its ports, those of its pods too, hang on it. */
export class Cable {
  isPlugged = true
  /** Machines of different parts do not reach each other. */
  part = 0
  /** Share of packets that it loses, beyond what the network loses everywhere. */
  loss = 0
  /** undefined: outside of all zones, or nobody said. */
  zone: string | undefined
}
