#pragma once
#include <string>

namespace emulator {

// The driver's status codes (CUresult) that the emulator returns.
enum Status {
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    NotInitialized = 3,
    InvalidDevice = 101,
    InvalidImage = 200,
    InvalidContext = 201,
    InvalidHandle = 400,
    NotFound = 500,
    IllegalAddress = 700,
    LaunchFailed = 719,
    CooperativeLaunchTooLarge = 720,
    NotSupported = 801,
    CaptureUnsupported = 900,
    CaptureUnjoined = 904,
};

// Keeps a sentence about what went wrong on this thread, for cuGetErrorString, prints it, and returns the status.
Status report(Status status, const std::string& sentence);

// printf into a string.
std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));

} // namespace emulator
