/**
 * The package's version. A literal, so that importing the package reads no file, and a bundle of it needs none;
 * test/package.test.ts holds it to package.json.
 */
export const version = '0.1.0'
