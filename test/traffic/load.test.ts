import { Agenda } from '../../src/engine/agenda.ts'
import { RandomStreams } from '../../src/engine/random.ts'
import type { Client } from '../../src/traffic/client.ts'
import { arrivalGaps, ClosedLoop, OpenLoop, type Meter } from '../../src/traffic/load.ts'
import { Origin, Origins } from '../../src/traffic/origin.ts'
import { Requests, type Request } from '../../src/traffic/request.ts'
import { assert, suite } from '../kit.ts'

const loads = suite('load')

const MS = 1e6
const ANSWER = { backend: 'pod', port: 80, source: 0 }

/** Requests that are answered after a fixed time, and when each was sent and ended. */
class Scene {
  readonly agenda = new Agenda()
  readonly requests: Requests
  readonly origins = new Origins()
  readonly sent: number[] = []
  readonly latencies: number[] = []
  readonly failures: string[] = []
  mostPending = 0
  readonly #serviceTime: number

  constructor(serviceTime: number, timeout: number) {
    this.#serviceTime = serviceTime
    this.requests = new Requests(this.agenda, timeout)
  }

  readonly meter: Meter = {
    ended: ({ start, ended, failure }) => {
      this.latencies.push(ended - start)
      if (failure !== undefined) this.failures.push(failure)
    },
  }

  addOrigin(name: string): Origin {
    const client: Client = {
      send: (request: Request) => {
        this.sent.push(this.agenda.now)
        this.mostPending = Math.max(this.mostPending, this.requests.pending)
        this.agenda.post(this.agenda.now + this.#serviceTime, (own: Request) => this.requests.succeed(own, ANSWER), request)
      },
      close: () => undefined,
    }
    const origin = new Origin(name, () => client)
    this.origins.add(origin)
    return origin
  }

  open(gap: () => number, until: number): void {
    new OpenLoop(this.agenda, this.origins, this.requests, this.meter, { gap, from: 0, until }).start()
  }
}

loads('an open loop sends at its rate, however slow the answers are', () => {
  const scene = new Scene(500 * MS, 1000 * MS)
  scene.addOrigin('node-1')
  scene.open(arrivalGaps('constant', 1000, () => 0), 100 * MS)
  scene.agenda.run(2000 * MS)
  assert.equal(scene.sent, Array.from({ length: 99 }, (_, i) => (i + 1) * MS))
  assert.ok(scene.latencies.every((latency) => latency === 500 * MS))
})

loads('Poisson arrivals have their rate, and its variance', () => {
  const gap = arrivalGaps('poisson', 1000, new RandomStreams('1').stream('test'))
  const gaps = Array.from({ length: 40_000 }, gap)
  const mean = gaps.reduce((sum, each) => sum + each, 0) / gaps.length
  const variance = gaps.reduce((sum, each) => sum + (each - mean) ** 2, 0) / gaps.length
  // Five times what these stray by.
  assert.ok(Math.abs(mean / MS - 1) < 0.025, String(mean))
  assert.ok(Math.abs(variance / MS ** 2 - 1) < 0.075, String(variance))
})

loads('a request that nobody answers in time fails as a timeout, at its deadline', () => {
  const scene = new Scene(500 * MS, 20 * MS)
  scene.addOrigin('node-1')
  scene.open(() => 10 * MS, 50 * MS)
  scene.agenda.run(1000 * MS)
  assert.equal(scene.failures, ['timeout', 'timeout', 'timeout', 'timeout'])
  assert.equal(scene.latencies, [20 * MS, 20 * MS, 20 * MS, 20 * MS])
  assert.is(scene.requests.pending, 0)
})

loads('in a closed loop each user waits for the answer and thinks before the next question', () => {
  const scene = new Scene(4 * MS, 1000 * MS)
  scene.addOrigin('node-1')
  new ClosedLoop(scene.agenda, scene.origins, 3, scene.requests, scene.meter, () => 6 * MS, 100 * MS).start()
  scene.agenda.run(1000 * MS)
  assert.is(scene.mostPending, 3)
  // All three at 6, 16, 26 … 96 ms.
  assert.equal(scene.sent, Array.from({ length: 10 }, (_, i) => (6 + 10 * i) * MS).flatMap((at) => [at, at, at]))
})

loads('an origin that drains sends nothing new, and says when its last answer is in', () => {
  const scene = new Scene(4 * MS, 1000 * MS)
  const [first] = [scene.addOrigin('node-1'), scene.addOrigin('node-2')]
  scene.open(() => 10 * MS, 101 * MS)
  scene.agenda.run(31 * MS)
  let drainedAt: number | undefined
  first.drain(() => (drainedAt = scene.agenda.now))
  scene.agenda.run(1000 * MS)
  // The request of 30 ms was its own; the other one goes on alone.
  assert.is(drainedAt, 34 * MS)
  assert.is(scene.sent.length, 10)
})

loads.run()
