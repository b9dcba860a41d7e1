#pragma once
#include <string>

namespace emulator {

struct Fault {
    void* address;
    void* instruction;
    bool is_arithmetic;
};

// While it lives, memory faults and integer divisions by zero of this thread continue in the handler, which must not return, on a
// stack of its own; faults of other threads go where they went before.
class FaultGuard {
public:
    explicit FaultGuard(void (*handler)(const Fault&));
    ~FaultGuard();
};

// "file(line): " of an instruction of a loaded image, or nothing when it cannot be found.
std::string source_line(void* library, int image, void* instruction);

} // namespace emulator
