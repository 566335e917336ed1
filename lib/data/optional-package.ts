/** Packages that only some files need: loaded when such a file comes, and named where they are not installed. */
import { GatewiseError } from '../errors.js'

/** The code of the error about a package that is not installed. */
export const MISSING_PACKAGE = 'ERR_GATEWISE_MISSING_PACKAGE'

/**
 * What an import that failed is answered with, for a package that a program has to install for itself. The import is written
 * out with it, `import('name').catch(notInstalled('name', …))`, so that bundlers see that it may fail.
 *
 * @throws GatewiseError with the code `ERR_GATEWISE_MISSING_PACKAGE` that says what to install
 */
export function notInstalled(name: string, reason: string): (cause: unknown) => never {
  return (cause) => {
    const { code } = cause as { code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new GatewiseError(MISSING_PACKAGE, `${reason} needs the package ${name}: npm install ${name}`, {
      cause,
    })
  }
}
