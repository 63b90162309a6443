// The test runner behind one door, so that changing it is a change of one file.
export { suite, test } from 'uvu'
export * as assert from 'uvu/assert'
