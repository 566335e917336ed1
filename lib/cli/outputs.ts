/** The files that a comparison leaves: checked before the training, since nobody wants to learn of it after. */
import { constants } from 'node:fs'
import { access, mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { Comparison } from '../compare/compare.js'
import { FileError } from '../errors.js'

/** Where to write what. */
export interface OutputPaths {
  readonly report: string
  readonly json?: string | undefined
  /** A directory, for one safetensors file per cell and seed. */
  readonly save?: string | undefined
}

/**
 * Checks that every output can be written, and makes the directory for the weights.
 *
 * @throws FileError naming the option and the path
 */
export async function prepareOutputs({ report, json, save }: OutputPaths): Promise<void> {
  await requireWritable('--report', report)
  if (json !== undefined) await requireWritable('--json', json)
  if (save === undefined) return
  try {
    await mkdir(save, { recursive: true })
    await access(save, constants.W_OK)
  } catch (error) {
    throw new FileError('--save', save, 'use as a directory', error)
  }
}

/** Writes everything, and gives a line for each that says where it is. */
export async function writeOutputs(
  { result, models }: Comparison,
  { report, json, save }: OutputPaths,
): Promise<string[]> {
  const lines: string[] = []
  if (json !== undefined) {
    await writeText('--json', json, `${JSON.stringify(result, null, 2)}\n`)
    lines.push(`JSON: ${json}`)
  }
  if (save !== undefined && models.length > 0) {
    const { saveSafetensors } = await import('../io/safetensors.js')
    for (const { cell, seed, weights, metadata } of models) {
      const path = join(save, `${cell}-seed${seed}.safetensors`)
      saveSafetensors(path, weights, metadata)
      lines.push(`Weights: ${path}`)
    }
  }
  const { renderReport } = await import('../report/report.js')
  await writeText('--report', report, await renderReport(result))
  return [...lines, `Report: ${report}`]
}

/** Checks that a file can be written. @throws FileError naming the option and the path */
export async function requireWritable(option: string, path: string): Promise<void> {
  try {
    const found = await stat(path).catch(() => undefined)
    if (found?.isDirectory() === true) throw new Error('it is a directory')
    await access(found === undefined ? dirname(path) : path, constants.W_OK)
  } catch (error) {
    throw new FileError(option, path, 'write', error)
  }
}

/** Writes a file. @throws FileError naming the option and the path */
export async function writeText(option: string, path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    throw new FileError(option, path, 'write', error)
  }
}
