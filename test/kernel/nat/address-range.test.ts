import { addressOf, formatAddress } from '../../../src/kernel/address.ts'
import { chooseAddress, DESTINATION_SIDE } from '../../../src/kernel/nat/mapping.ts'
import { UDP } from '../../../src/kernel/packet.ts'
import { assert, test } from '../../kit.ts'

// Kernel 6.18.44: `-j DNAT --to-destination 10.1.0.1-10.1.0.5`, datagrams from 10.5.0.1 … 10.5.0.20; the last digit of
// the address that each was sent to.
const RECORDED = [
  { destination: '10.9.9.9', persistent: false, last: '34245335453224133222' },
  { destination: '10.9.9.8', persistent: true, last: '55152541245313223451' },
]

for (const { destination, persistent, last } of RECORDED) {
  test(`a range of addresses is used as the kernel does${persistent ? ', by source alone if --persistent' : ''}`, () => {
    const range = { addresses: { from: addressOf('10.1.0.1'), to: addressOf('10.1.0.5') }, persistent }
    for (const [i, digit] of [...last].entries()) {
      const mapping = { protocol: UDP, source: addressOf(`10.5.0.${i + 1}`), destination: addressOf(destination), sourcePort: 1001 + i, destinationPort: 53 }
      chooseAddress(mapping, DESTINATION_SIDE, range)
      assert.is(formatAddress(mapping.destination), `10.1.0.${digit}`)
    }
  })
}

test.run()
