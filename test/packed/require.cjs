/** Trains on what `require` gives. */
'use strict'
console.log(JSON.stringify(require('./program.cjs')(require('gatewise'))))
