// Windows only: the addon names node.exe as the place of Node-API, but the process may be called otherwise (Electron, a
// renamed node). The loader of delayed imports asks here first, and is given the process itself.
#include <windows.h>

#include <delayimp.h>

#include <cstring>

static FARPROC WINAPI find_node(unsigned event, DelayLoadInfo* info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandle(nullptr));
}

extern "C" const PfnDliHook __pfnDliNotifyHook2 = find_node;
