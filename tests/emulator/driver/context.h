#pragma once

namespace emulator {

constexpr int MaxThreadsPerMultiprocessor = 2048;
constexpr int Multiprocessors = 8;

// Whether a context is current on the calling thread; the driver refuses most calls without one.
bool has_context();

} // namespace emulator
