/** Where checkpoints stand, and how one gets there: whole, and on the disk, or not at all. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FileError } from '../errors.js'
import { saveSafetensors } from '../io/safetensors.js'
import { encodeCheckpoint, type CheckpointParts } from './checkpoint.js'
import type { Trainer } from './trainer.js'

/** The checkpoints of a training: files in a folder of its own. */
export interface CheckpointFiles {
  readonly last: string
  readonly best: string
}

export function checkpointFiles(folder: string): CheckpointFiles {
  return { last: join(folder, 'last.safetensors'), best: join(folder, 'best.safetensors') }
}

/** Whether a training was kept there. */
export function isKept({ last }: CheckpointFiles): boolean {
  return existsSync(last)
}

/**
 * Makes the folder, and removes what a process that was killed while it wrote has left there.
 *
 * @throws FileError where that is not possible
 */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const name of readdirSync(folder)) {
      if (/^\.safetensors-[0-9a-f]{16}\.tmp$/.test(name)) rmSync(join(folder, name), { force: true })
    }
  } catch (cause) {
    throw new FileError('fit', folder, 'prepare', cause)
  }
}

/**
 * Writes checkpoints of one moment, in the given order. Each is written under another name, synced and renamed, and the
 * folder is synced, so that after a loss of power there is the new one or the one before.
 *
 * @throws FileError where one cannot be written; what stood there stands there still
 */
export function writeCheckpoints(paths: readonly string[], trainer: Trainer, parts: CheckpointParts): void {
  const { tensors, metadata } = encodeCheckpoint(trainer, parts)
  for (const path of paths) {
    saveSafetensors(path, tensors, metadata)
    syncFolder(dirname(path))
  }
}

function syncFolder(folder: string): void {
  // Windows opens no folders, and needs no such call.
  if (process.platform === 'win32') return
  let handle: number | undefined
  try {
    handle = openSync(folder, 'r')
    fsyncSync(handle)
  } catch (cause) {
    throw new FileError('fit', folder, 'sync', cause)
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}
