// Tomorrow's highest temperature in Seattle, from thirty days of weather: GRU against LSTM over five seeds, and
// both against yesterday's value and that of the same day a year ago. Options given here are passed on, as in
// `npm run example:weather -- --seeds 3`.
import { fileURLToPath } from 'node:url'

import { processIo } from '../dist/cli/io.js'
import { main } from '../dist/cli/main.js'

const series = fileURLToPath(new URL('../data/seattle-weather.csv', import.meta.resolve('vega-datasets')))

process.exitCode = await main(
  [
    'compare',
    series,
    ...['--target', 'temp_max'],
    ...['--features', 'temp_min,precipitation,wind'],
    ...['--time', 'date'],
    ...['--window', '30'],
    ...['--period', '365'],
    ...['--seeds', '5'],
    ...process.argv.slice(2),
  ],
  processIo(),
)
