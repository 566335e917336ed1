/** The recipe as node-gyp wants it. The file is made when it is used, so that there is one list of what is compiled. */
import type { Recipe } from './recipe.js'

/** The content of `binding.gyp`, in a folder that has `native/` and `node-api/`. */
export function bindingGyp({ sources, flags, defines, linuxLinkFlags, kernels }: Recipe): string {
  const targets = [
    ...kernels.map(({ isa, flags }) => ({
      target_name: `kernels_${isa}`,
      type: 'static_library',
      sources: ['native/isa/kernels.cc'],
      defines: [`GATEWISE_ISA=${isa}`, `GATEWISE_VEC_HEADER="../simd/vec_${isa}.h"`],
      ...compiledWith(flags),
    })),
    {
      target_name: 'gatewise',
      sources,
      defines,
      include_dirs: ['node-api'],
      dependencies: kernels.map(({ isa }) => `kernels_${isa}`),
      ...compiledWith(flags),
      conditions: [['OS=="linux"', { ldflags: linuxLinkFlags, libraries: ['-pthread'] }]],
    },
  ]
  return JSON.stringify({ targets }, null, 2)
}

/**
 * What a `common.gypi` of Node's headers would say. node-gyp asks for one even where, as here, the headers of Node-API are
 * all that is needed; with this it has no cause to download any.
 */
export const COMMON_GYPI = JSON.stringify({
  variables: { 'node_engine%': 'v8', 'clang%': 0 },
  target_defaults: {
    default_configuration: 'Release',
    configurations: { Release: {}, Debug: {} },
  },
})

function compiledWith(flags: readonly string[]): object {
  const all = ['-std=c++20', '-fPIC', '-fvisibility=hidden', ...flags]
  return { cflags_cc: all, xcode_settings: { OTHER_CPLUSPLUSFLAGS: all, MACOSX_DEPLOYMENT_TARGET: '11.0' } }
}
