#include "module.h"

#include "context.h"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <map>
#include <sys/mman.h>
#include <unistd.h>

namespace emulator {

struct LoadedModule {
    void* library = nullptr;
    int image = -1; // stays open: the loader knows libraries by their path, which holds the descriptor's number
    const Module* module = nullptr;
    std::map<std::string, Function> functions;

    ~LoadedModule() {
        if (library) dlclose(library);
        if (image >= 0) close(image);
    }
};

namespace {

constexpr int RegistersPerThread = 32; // not known here; a number that the engine's occupancy sums can work with

// The length of a shared object in memory: the linker puts the section headers last.
size_t image_bytes(const void* image) {
    auto header = static_cast<const Elf64_Ehdr*>(image);
    bool is_elf = memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_machine == EM_X86_64;
    return is_elf ? header->e_shoff + size_t(header->e_shentsize) * header->e_shnum : 0;
}

Status fail_to_load(const char* why, int option_count, const int* options, void** values) {
    constexpr int ErrorLog = 5, ErrorLogBytes = 6;
    char* log = nullptr;
    size_t bytes = 0;
    for (int i = 0; i < option_count; i++) {
        if (options[i] == ErrorLog) log = static_cast<char*>(values[i]);
        if (options[i] == ErrorLogBytes) bytes = reinterpret_cast<size_t>(values[i]);
    }
    if (log && bytes > 0) {
        strncpy(log, why, bytes - 1);
        log[bytes - 1] = 0;
    }
    return InvalidImage;
}

bool is_extent(Extent extent, unsigned x, unsigned y, unsigned z) {
    return extent.x >= 1 && extent.x <= x && extent.y >= 1 && extent.y <= y && extent.z >= 1 && extent.z <= z;
}

} // namespace

Status prepare_launch(Work& work, const Function* function, Extent grid, Extent block, unsigned shared_bytes, void* const* arguments,
                      bool is_cooperative) {
    const Kernel& kernel = *function->kernel;
    if (!has_context()) return InvalidContext;
    if (!is_extent(grid, 0x7fffffff, 65535, 65535) || !is_extent(block, MaxThreads, MaxThreads, 64)) return InvalidValue;
    unsigned long long threads = (unsigned long long)block.x * block.y * block.z;
    if (threads > MaxThreads) return InvalidValue;
    if (threads > (unsigned)kernel.max_threads) {
        return report(InvalidValue, text("kernel %s is launched with %llu threads a block, its __launch_bounds__ say %d", kernel.name, threads,
            kernel.max_threads));
    }
    if (shared_bytes > function->allowed_dynamic_shared) {
        return report(InvalidValue, text("kernel %s asks for %u bytes of dynamic shared memory, allowed are %u", kernel.name, shared_bytes,
            function->allowed_dynamic_shared));
    }
    std::vector<std::vector<unsigned char>> values;
    for (int i = 0; i < kernel.parameter_count; i++) {
        auto first = static_cast<const unsigned char*>(arguments[i]);
        values.emplace_back(first, first + kernel.parameters[i].size);
    }
    Launch launch{function->module->module, &kernel, function->module->library, function->module->image, grid, block, shared_bytes, is_cooperative};
    work = [launch, values = std::move(values)]() mutable {
        std::vector<void*> pointers;
        for (auto& value : values) {
            pointers.push_back(value.data());
        }
        return run(launch, pointers.data());
    };
    return Success;
}

} // namespace emulator

using namespace emulator;

extern "C" {

Status cuModuleLoadDataEx(LoadedModule** module, const void* image, unsigned option_count, const int* options, void** values) {
    if (!has_context()) return InvalidContext;
    size_t bytes = image_bytes(image);
    if (bytes == 0) return fail_to_load("this is not an image of the emulator's compiler", (int)option_count, options, values);
    auto loaded = std::make_unique<LoadedModule>();
    loaded->image = memfd_create("autotower-module", MFD_CLOEXEC);
    if (loaded->image < 0 || write(loaded->image, image, bytes) != (ssize_t)bytes) return OutOfMemory;
    loaded->library = dlopen(text("/proc/self/fd/%d", loaded->image).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!loaded->library) return fail_to_load(dlerror(), (int)option_count, options, values);
    loaded->module = static_cast<const Module*>(dlsym(loaded->library, "autotower_module"));
    if (!loaded->module) return fail_to_load("the image has no table of kernels", (int)option_count, options, values);
    for (const Kernel* kernel = loaded->module->kernels; kernel->name; kernel++) {
        loaded->functions[kernel->name] = {loaded.get(), kernel};
    }
    *module = loaded.release();
    return Success;
}

Status cuModuleUnload(LoadedModule* module) {
    delete module;
    return Success;
}

Status cuModuleGetFunction(Function** function, LoadedModule* module, const char* name) {
    auto found = module->functions.find(name);
    if (found == module->functions.end()) return NotFound;
    *function = &found->second;
    return Success;
}

Status cuModuleGetGlobal_v2(void** memory, size_t* bytes, LoadedModule* module, const char* name) {
    void* address = dlsym(module->library, name);
    Dl_info information;
    Elf64_Sym* symbol = nullptr;
    if (!address || dladdr1(address, &information, reinterpret_cast<void**>(&symbol), RTLD_DL_SYMENT) == 0 || !symbol) return NotFound;
    *memory = address;
    *bytes = symbol->st_size;
    return Success;
}

Status cuFuncGetAttribute(int* value, int attribute, Function* function) {
    constexpr int MaxThreadsPerBlock = 0, SharedBytes = 1, LocalBytes = 3, Registers = 4, MaxDynamicShared = 8;
    switch (attribute) {
        case MaxThreadsPerBlock: *value = std::min(function->kernel->max_threads, (int)MaxThreads); return Success;
        case SharedBytes: *value = (int)(function->module->module->shared_end - function->module->module->shared_begin); return Success;
        case LocalBytes: *value = 0; return Success;
        case Registers: *value = RegistersPerThread; return Success;
        case MaxDynamicShared: *value = (int)function->allowed_dynamic_shared; return Success;
        default: return InvalidValue;
    }
}

Status cuFuncSetAttribute(Function* function, int attribute, int value) {
    constexpr int MaxDynamicShared = 8;
    if (attribute != MaxDynamicShared || value < 0 || value > (int)MaxSharedBytes) return InvalidValue;
    function->allowed_dynamic_shared = (unsigned)value;
    return Success;
}

Status cuFuncGetParamInfo(Function* function, size_t index, size_t* offset, size_t* size) {
    if (index >= (size_t)function->kernel->parameter_count) return InvalidValue;
    *offset = function->kernel->parameters[index].offset;
    *size = function->kernel->parameters[index].size;
    return Success;
}

Status cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function* function, int block_size, size_t dynamic_shared) {
    if (block_size <= 0) return InvalidValue;
    int by_threads = block_size > function->kernel->max_threads ? 0 : MaxThreadsPerMultiprocessor / ((block_size + 31) / 32 * 32);
    int by_shared = (int)(MaxSharedBytes / (dynamic_shared + 1024));
    *blocks = std::min({32, by_threads, by_shared});
    return Success;
}

Status cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                      unsigned shared_bytes, Stream* stream, void** arguments, void**) {
    Work work;
    Status status = prepare_launch(work, function, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, shared_bytes, arguments);
    return status == Success ? put(stream, std::move(work)) : status;
}

struct LaunchAttribute {
    int id;
    alignas(8) int value;
    char rest[60];
};
static_assert(sizeof(LaunchAttribute) == 72, "as in the driver's header");

struct LaunchConfiguration {
    Extent grid, block;
    unsigned shared_bytes;
    Stream* stream;
    const LaunchAttribute* attributes;
    unsigned attribute_count;
};

Status cuLaunchKernelEx(const LaunchConfiguration* configuration, Function* function, void** arguments, void**) {
    constexpr int Cooperative = 2;
    const Extent &grid = configuration->grid, &block = configuration->block;
    bool is_cooperative = false;
    for (unsigned i = 0; i < configuration->attribute_count; i++) {
        is_cooperative |= configuration->attributes[i].id == Cooperative && configuration->attributes[i].value != 0;
    }
    int at_once = 0;
    cuOccupancyMaxActiveBlocksPerMultiprocessor(&at_once, function, (int)(block.x * block.y * block.z), configuration->shared_bytes);
    if (is_cooperative && (unsigned long long)grid.x * grid.y * grid.z > (unsigned long long)at_once * Multiprocessors) return CooperativeLaunchTooLarge;
    Work work;
    Status status = prepare_launch(work, function, grid, block, configuration->shared_bytes, arguments, is_cooperative);
    return status == Success ? put(configuration->stream, std::move(work)) : status;
}

} // extern "C"
