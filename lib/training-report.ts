/** The door to the page of a training, which is loaded when it is first asked for. */
import type { ReportedEpoch, TrainingReportOptions } from './report/training-report.js'

/**
 * Draws a training as one HTML page, complete in itself: no script, no other file, no network.
 *
 * @param history as `fit` gives it, or the records of its log
 * @throws ArgumentError where the history is no array
 */
export async function trainingReport(
  history: readonly ReportedEpoch[],
  options: TrainingReportOptions = {},
): Promise<string> {
  const report = await import('./report/training-report.js')
  return report.trainingReport(history, options)
}
