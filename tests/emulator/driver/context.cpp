#include "context.h"

#include "block.h"
#include "memory.h"

#include <cstdlib>
#include <cstring>

namespace emulator {
namespace {

constexpr int Device = 0;
constexpr int DriverVersion = 13000;
constexpr char Name[] = "AutoTower CPU emulator";

int primary_context;
thread_local const void* current = nullptr;

} // namespace

bool has_context() { return current != nullptr; }

} // namespace emulator

using namespace emulator;

extern "C" {

Status cuInit(unsigned) { return Success; }

Status cuDriverGetVersion(int* version) {
    *version = DriverVersion;
    return Success;
}

Status cuDeviceGetCount(int* count) {
    *count = 1;
    return Success;
}

Status cuDeviceGet(int* device, int ordinal) {
    *device = Device;
    return ordinal == 0 ? Success : InvalidDevice;
}

Status cuDeviceGetName(char* name, int length, int) {
    strncpy(name, Name, (size_t)length);
    return Success;
}

Status cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = TotalMemory;
    return Success;
}

// Compute capability times ten: 75, without the kernels for tensor cores, whose products are exchanged between fibers value by value, or what
// AUTOTOWER_EMULATOR_CAPABILITY says, such as 9.0.
static int capability() {
    const char* wanted = std::getenv("AUTOTOWER_EMULATOR_CAPABILITY");
    return wanted != nullptr ? (int)(10 * std::atof(wanted) + 0.5) : 75;
}

Status cuDeviceGetAttribute(int* value, int attribute, int) {
    switch (attribute) {
        case 8: *value = DefaultSharedBytes; return Success;
        case 16: *value = Multiprocessors; return Success;
        case 38: *value = 32 << 20; return Success;    // L2 cache
        case 39: *value = MaxThreadsPerMultiprocessor; return Success;
        case 75: *value = capability() / 10; return Success;
        case 76: *value = capability() % 10; return Success;
        case 95: *value = 1; return Success;           // cooperative launch
        case 97: *value = MaxSharedBytes; return Success;
        case 115: *value = 1; return Success;          // memory pools
        default: return InvalidValue;
    }
}

Status cuDevicePrimaryCtxRetain(void** context, int) {
    *context = &primary_context;
    return Success;
}

Status cuDevicePrimaryCtxRelease_v2(int) { return Success; }

Status cuCtxSetCurrent(void* context) {
    current = context;
    return Success;
}

Status cuCtxSynchronize() { return has_context() ? check_ends() : InvalidContext; }

} // extern "C"
