'use strict'
const { readFileSync } = require('node:fs')

/** The most megabytes that were resident. What Node reports counts on Linux what the parent had when it made the process. */
exports.peakMemory = () =>
  process.platform === 'linux'
    ? Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
    : process.resourceUsage().maxRSS / 1024
