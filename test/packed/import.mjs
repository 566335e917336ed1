/** Trains on what `import` gives, which must be what `require` gives. */
import * as gatewise from 'gatewise'
import standard from 'gatewise'
import { createRequire } from 'node:module'
import train from './program.cjs'

const required = createRequire(import.meta.url)('gatewise')
const names = Object.keys(required)
const differing = names.filter((name) => gatewise[name] !== required[name])
if (names.length < 20 || differing.length > 0 || standard.LSTM !== required.LSTM) {
  throw new Error(`two identities: ${differing.join() || 'all'}`)
}
console.log(JSON.stringify(train(gatewise)))
