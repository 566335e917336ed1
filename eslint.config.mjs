import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/*
 * The floors of lib/. A room imports from itself and from the rooms named here, no others; packages likewise.
 * `.` stands for the files of lib/ itself that are nobody's entry: errors, tensor, shapes, random, version, engine.
 */
const GROUND = ['errors', 'shapes', 'tensor', 'random', 'text', 'version']
const FLOORS = {
  '.': { rooms: ['native'], packages: [] },
  native: { rooms: [...GROUND], packages: [] },
  memory: { rooms: [...GROUND, 'native'], packages: [] },
  layers: { rooms: [...GROUND, 'native', 'memory'], packages: [] },
  losses: { rooms: [...GROUND, 'native', 'memory'], packages: [] },
  optim: {
    rooms: [...GROUND, 'native', 'memory', 'layers/parameter', 'layers/parameter-value'],
    packages: [],
  },
  io: { rooms: [...GROUND], packages: [] },
  data: { rooms: [...GROUND], packages: ['csv-parse', 'apache-arrow', 'hyparquet', 'hyparquet-compressors'] },
  train: {
    rooms: [...GROUND, 'native/root', 'engine', 'memory', 'layers', 'losses', 'optim', 'io', 'data'],
    packages: ['cli-progress'],
  },
  forecast: { rooms: [...GROUND, 'layers', 'losses', 'optim', 'data', 'train'], packages: [] },
  compile: { rooms: [...GROUND, 'native/root'], packages: [] },
  compare: { rooms: [...GROUND, 'engine', 'layers', 'losses', 'optim', 'io', 'data'], packages: [] },
  report: {
    rooms: [...GROUND, 'compare/result', 'compare/words'],
    packages: ['@observablehq/plot', 'linkedom'],
  },
  cli: {
    rooms: [...GROUND, 'engine', 'io', 'data', 'layers', 'train', 'forecast', 'compare', 'compile', 'report'],
    packages: ['commander', 'cli-progress'],
  },
}

/** Node's own modules, what stands in the room itself, and what the floor allows; everything else is an error. */
function floor(room) {
  const { rooms, packages } = FLOORS[room]
  const own = room === '.' ? GROUND.map((name) => `\\./${name}\\.js$`) : ['\\./']
  const up = room === '.' ? './' : '../'
  const allowed = [
    'node:',
    ...own,
    ...rooms.map((name) => `${up.replaceAll('.', '\\.')}${name}(/|\\.js$)`),
    ...packages.map((name) => `${name}(/|$)`),
  ]
  const message = `lib/${room} stands on: ${[...rooms, ...packages].join(', ')}. See CONTRIBUTING.md, "The floors of lib/".`
  return {
    files: [room === '.' ? 'lib/*.ts' : `lib/${room}/**/*.ts`],
    ignores: ['lib/index.ts', 'lib/cli.ts', 'lib/losses.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: `^(?!${allowed.join('|')})`, message }] }],
      // `import()` is the same door.
      'no-restricted-syntax': [
        'error',
        {
          selector: `ImportExpression[source.value=/^(?!${allowed.join('|').replaceAll('/', '\\u002F')})/]`,
          message,
        },
      ],
    },
  }
}

const readonly = (...names) => Object.fromEntries(names.map((name) => [name, 'readonly']))
const NODE = readonly(
  'AbortController',
  'console',
  'process',
  'setTimeout',
  'setImmediate',
  'performance',
  'structuredClone',
  'URL',
)
const COMMONJS = readonly('module', 'require', '__dirname', '__filename')

export default defineConfig(
  globalIgnores([
    'dist/',
    'build*/',
    'benchmarks/build/',
    'docs/reference/',
    'coverage/',
    '**/node_modules/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,

  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Numbers belong in messages.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `process.env['NAME']`: an index signature, which tsconfig.json asks to be read as one.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // `as number` of an element that is there reads better than `!`, which the strict rules forbid anyway.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Loops over numeric arrays want their index.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // Objects that fit a class are welcome wherever they come from: other realms, other packages.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
    },
  },
  ...Object.keys(FLOORS).map(floor),

  // The DOM's types, of which linkedom and Plot speak, are not in the library's: what a plot is drawn into has none.
  { files: ['lib/report/svg.ts'], rules: { '@typescript-eslint/no-unsafe-assignment': 'off' } },

  // Tests hand over wrong values on purpose and know what they have built.
  {
    files: ['test/**/*.ts', 'examples/**/*.ts', 'benchmarks/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
    },
  },

  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: { globals: NODE },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: COMMONJS },
  },
  // Programs that let go of things for the collector's sake, and declare parameters for their number.
  {
    files: ['test/children/*.cjs'],
    rules: { 'no-useless-assignment': 'off', 'no-unused-vars': ['error', { args: 'none' }] },
  },
)
