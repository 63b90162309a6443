import { t975 } from '../../../src/report/statistics/student.ts'
import { assert, suite } from '../../kit.ts'

const student = suite("Student's t at 97.5 %")

student('is what tables say', () => {
  for (const [degrees, t] of [[1, 12.706], [4, 2.776], [9, 2.262], [30, 2.042]] as const) assert.is(t975(degrees), t)
})

student('goes on after the table without a step, towards the normal distribution', () => {
  for (const [degrees, t] of [[40, 2.021], [60, 2.0], [120, 1.98], [1000, 1.962]] as const) assert.ok(Math.abs(t975(degrees) - t) < 0.001, `${degrees}: ${t975(degrees)}`)
  assert.ok(t975(31) < t975(30) && t975(30) - t975(31) < 0.01)
})

student.run()
