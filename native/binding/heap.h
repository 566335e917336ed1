// Which pages the system gives the process, and which it gets back.
#pragma once
#include <cstddef>

namespace gatewise {

// Every call hands out arrays, which the collector frees many at a time. glibc then gives their pages back to the system and
// gets new ones for the next calls, at a fault each: in a virtual machine, where those are dear, calls took up to four times as
// long. So its heap is to keep some of what is free, and to grow by as much at once, so that huge pages fit. Whoever has set
// it up by environment has chosen.
void set_up_heap();

// Asks for huge pages where the heap has grown since the last call: a fault for every 2 MiB instead of every 4 KiB. Only a
// hint, and only where the system has such a thing.
void advise_grown_heap();

// The same for memory that was not touched yet: a fresh array of 40 MB then takes a fifth of the time.
void advise_huge_pages(void* data, std::size_t bytes);

// From so many bytes on, that is worth a call for one block.
constexpr std::size_t kWorthHugePages = std::size_t{4} << 20;

}  // namespace gatewise
