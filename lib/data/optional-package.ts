/** Packages that only some files need: loaded when such a file comes, and named where they are not installed. */
import { GatewiseError } from '../errors.js'

/** The code of the error about a package that is not installed. */
export const MISSING_PACKAGE = 'ERR_GATEWISE_MISSING_PACKAGE'

/**
 * Loads a package that a program has to install for itself.
 *
 * @param load the import, written out where the package's types are wanted
 * @throws GatewiseError with the code `ERR_GATEWISE_MISSING_PACKAGE` that says what to install
 */
export async function optionalPackage<T>(name: string, reason: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const { code } = cause as { code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new GatewiseError(MISSING_PACKAGE, `${reason} needs the package ${name}: npm install ${name}`, {
      cause,
    })
  }
}
