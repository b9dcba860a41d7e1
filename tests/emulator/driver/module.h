#pragma once
#include "block.h"
#include "stream.h"

namespace emulator {

struct LoadedModule;

struct Function {
    const LoadedModule* module;
    const Kernel* kernel;
    unsigned allowed_dynamic_shared = DefaultSharedBytes;
};

// Checks a launch as the driver does and makes it work to run, with the arguments copied.
Status prepare_launch(Work& work, const Function* function, Extent grid, Extent block, unsigned shared_bytes, void* const* arguments,
                      bool is_cooperative = false);

} // namespace emulator
