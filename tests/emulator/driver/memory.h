#pragma once
#include "status.h"

#include <cstddef>
#include <string>

namespace emulator {

constexpr size_t TotalMemory = size_t(8) << 30;

// What a fresh allocation holds: a NaN as float and as double, and as an index far outside of everything.
constexpr unsigned Poison = 0x7FF4DEADu;
void poison(void* memory, size_t bytes);

// Pages without access lie on both sides of an allocation, and its end is at the page's, so that the first access behind it faults. The
// up to 15 bytes that alignment leaves are checked whenever the host waits.
Status allocate(void** memory, size_t bytes);
Status free(void* memory);

// Whether a range lies inside one live allocation or belongs to a loaded module.
bool is_device_memory(const void* memory, size_t bytes);

// Reports writes behind the end of an allocation that did not fault.
Status check_ends();

// What an address is, for reports: inside, before or behind which allocation.
std::string describe_address(const void* address);

} // namespace emulator
