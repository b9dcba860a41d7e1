#pragma once
#include "../device/runtime.h"
#include "status.h"

#include <string>

namespace emulator {

struct Launch {
    const Module* module;
    const Kernel* kernel;
    void* library; // what dlopen gave, for finding source lines
    int image;     // file descriptor of the module's image
    Extent grid, block;
    unsigned shared_bytes;
    bool is_cooperative; // its threads may wait for other blocks
};

constexpr unsigned MaxThreads = 1024;
constexpr unsigned DefaultSharedBytes = 48 << 10;
// An H100 has 227 KiB; emulated tensor cores exchange operands through 24 KiB that it does not need.
constexpr unsigned MaxSharedBytes = (227 + 25) << 10;

// Runs all blocks of a launch, one after another, or in turns where they wait for one another; one launch runs at a time. Reports and returns the first error.
Status run(const Launch& launch, void** arguments);

} // namespace emulator
