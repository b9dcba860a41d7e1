#include "fiber.h"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>

// Saves what the System V calling convention lets a function's caller keep, changes stacks, and restores the same from the other one.
asm(R"(
    .text
    .hidden autotower_switch_stacks
    .globl autotower_switch_stacks
    .type autotower_switch_stacks, @function
autotower_switch_stacks:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size autotower_switch_stacks, .-autotower_switch_stacks
)");
extern "C" void autotower_switch_stacks(void** save, void* load);

namespace emulator {

void Fiber::prepare(void (*entry)()) {
    constexpr size_t StaggerBytes = 5 * 64, StaggerRange = 32 << 10;
    if (!top_) {
        void* mapping = mmap(nullptr, GuardBytes + StackBytes + StaggerRange, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapping == MAP_FAILED) abort();
        guard_ = static_cast<unsigned char*>(mapping);
        mprotect(guard_, GuardBytes, PROT_NONE);
        // Tops at one place of their pages would share few lines of the cache, and a block has hundreds of stacks.
        static size_t fibers = 0;
        top_ = guard_ + GuardBytes + StackBytes + fibers++ * StaggerBytes % StaggerRange;
    }
    // As if `entry` had been called: the return address, which is not used, lies at a multiple of 16 less 8.
    auto** top = reinterpret_cast<void**>(top_);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(entry);
    top -= 6;
    saved_ = top;
}

void Fiber::switch_to(Fiber& from, Fiber& to) { autotower_switch_stacks(&from.saved_, to.saved_); }

} // namespace emulator
