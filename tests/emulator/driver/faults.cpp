#include "faults.h"

#include "status.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <mutex>
#include <ucontext.h>
#include <unistd.h>

namespace emulator {
namespace {

thread_local void (*handler)(const Fault&) = nullptr;
thread_local Fault fault;
alignas(16) unsigned char recovery_stack[64 << 10];

struct sigaction before_segv, before_bus, before_fpe;

void enter_handler() { handler(fault); }

void pass_on(const struct sigaction& before, int signal, siginfo_t* information, void* context) {
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, information, context);
    } else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
        sigaction(signal, &before, nullptr); // the instruction faults again, now without this handler
    } else {
        before.sa_handler(signal);
    }
}

void on_signal(int signal, siginfo_t* information, void* context) {
    if (!handler) {
        pass_on(signal == SIGSEGV ? before_segv : signal == SIGBUS ? before_bus : before_fpe, signal, information, context);
        return;
    }
    // Returning from the signal continues in enter_handler, as if it had been called on the recovery stack.
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    fault = {information->si_addr, reinterpret_cast<void*>(registers[REG_RIP]), signal == SIGFPE};
    registers[REG_RSP] = reinterpret_cast<greg_t>(recovery_stack + sizeof recovery_stack - 8);
    registers[REG_RIP] = reinterpret_cast<greg_t>(&enter_handler);
}

void install() {
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &action, &before_segv);
    sigaction(SIGBUS, &action, &before_bus);
    sigaction(SIGFPE, &action, &before_fpe);
}

std::once_flag installed;

} // namespace

FaultGuard::FaultGuard(void (*on_fault)(const Fault&)) {
    std::call_once(installed, install);
    stack_t stack{};
    sigaltstack(nullptr, &stack);
    if (stack.ss_flags & SS_DISABLE) { // .NET's threads have one, others may not; without, an overflowing stack could not be reported
        constexpr size_t Bytes = 64 << 10;
        stack = {new unsigned char[Bytes], 0, Bytes}; // for the rest of the thread's life
        sigaltstack(&stack, nullptr);
    }
    handler = on_fault;
}

FaultGuard::~FaultGuard() { handler = nullptr; }

std::string source_line(void* library, int image, void* instruction) {
    link_map* map = nullptr;
    Dl_info where;
    if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || dladdr(instruction, &where) == 0 ||
        where.dli_fbase != reinterpret_cast<void*>(map->l_addr)) {
        return "";
    }
    auto offset = reinterpret_cast<unsigned long>(instruction) - map->l_addr;
    FILE* tool = popen(text("addr2line -e /proc/%d/fd/%d 0x%lx 2>/dev/null", getpid(), image, offset).c_str(), "r");
    if (!tool) return "";
    char line[1024] = "";
    (void)!fgets(line, sizeof line, tool);
    pclose(tool);
    char* colon = strrchr(line, ':');
    if (!colon || line[0] == '?') return "";
    *colon = 0;
    const char* file = strrchr(line, '/');
    return text("%s(%d): ", file ? file + 1 : line, atoi(colon + 1));
}

} // namespace emulator
