# What Windows asks beside the rest: an import library for what node.exe exports, and a hook that finds these exports in
# whatever the process is called, since Electron's is not node.exe.
if(CMAKE_SIZEOF_VOID_P EQUAL 8 AND CMAKE_SYSTEM_PROCESSOR MATCHES "ARM64")
  set(machine arm64)
else()
  set(machine x64)
endif()

execute_process(COMMAND ${CMAKE_AR} /nologo /def:${CMAKE_SOURCE_DIR}/node-api/node-api.def /machine:${machine} /out:${CMAKE_BINARY_DIR}/node.lib
                COMMAND_ERROR_IS_FATAL ANY)

target_sources(gatewise PRIVATE native/binding/delay_load.cc)
target_link_libraries(gatewise PRIVATE ${CMAKE_BINARY_DIR}/node.lib delayimp)
target_link_options(gatewise PRIVATE /DELAYLOAD:NODE.EXE)
target_compile_definitions(gatewise PRIVATE NOMINMAX WIN32_LEAN_AND_MEAN)
# The C++ library goes into the binary, as on Linux.
set_target_properties(gatewise ${compiled} PROPERTIES MSVC_RUNTIME_LIBRARY "MultiThreaded$<$<CONFIG:Debug>:Debug>")

# Where __builtin_cpu_supports keeps what it has found.
execute_process(COMMAND ${CMAKE_CXX_COMPILER} /clang:-print-resource-dir OUTPUT_VARIABLE clang_resources
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(machine STREQUAL "x64")
  find_library(clang_builtins clang_rt.builtins-x86_64 PATHS ${clang_resources}/lib/windows ${clang_resources}/lib
               NO_DEFAULT_PATH REQUIRED)
  target_link_libraries(gatewise PRIVATE ${clang_builtins})
endif()
