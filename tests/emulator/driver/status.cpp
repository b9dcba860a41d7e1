#include "status.h"

#include <cstdarg>
#include <cstdio>

namespace emulator {
namespace {

thread_local Status last_status = Success;
thread_local std::string last_sentence;

struct Description {
    Status status;
    const char *name, *text;
};

constexpr Description Descriptions[] = {
    {Success, "CUDA_SUCCESS", "no error"},
    {InvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {InvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {InvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {InvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {InvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {CooperativeLaunchTooLarge, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE", "too many blocks in cooperative launch"},
    {NotSupported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {CaptureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {CaptureUnjoined, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
};

const Description* describe(int status) {
    for (const Description& description : Descriptions) {
        if (description.status == status) return &description;
    }
    return nullptr;
}

} // namespace

Status report(Status status, const std::string& sentence) {
    last_status = status;
    last_sentence = sentence;
    fprintf(stderr, "CPU emulator: %s\n", sentence.c_str());
    return status;
}

std::string text(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char buffer[2048];
    vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    return buffer;
}

} // namespace emulator

using namespace emulator;

extern "C" {

Status cuGetErrorName(int status, const char** name) {
    const Description* description = describe(status);
    *name = description ? description->name : nullptr;
    return description ? Success : InvalidValue;
}

// The sentence of this thread's last report where it is about this status: more than the real driver says.
Status cuGetErrorString(int status, const char** text) {
    const Description* description = describe(status);
    *text = !description ? nullptr : status == last_status && status != Success ? last_sentence.c_str() : description->text;
    return description ? Success : InvalidValue;
}

} // extern "C"
