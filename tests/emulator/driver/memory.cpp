#include "memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <utility>

namespace emulator {
namespace {

constexpr size_t Page = 4096;
constexpr size_t Alignment = 16;

struct Allocation {
    size_t bytes;
    void* mapping;
    size_t mapped;
};

std::mutex gate;
std::map<uintptr_t, Allocation> live;
size_t used = 0;
Status broken_end = Success; // found when an allocation was freed, reported when the host waits

size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

unsigned char poison_byte(size_t index) { return (unsigned char)(Poison >> (8 * (index % 4))); }

bool end_is_intact(uintptr_t address, const Allocation& allocation) {
    const auto* memory = reinterpret_cast<const unsigned char*>(address);
    for (size_t i = allocation.bytes; i < round_up(allocation.bytes, Alignment); i++) {
        if (memory[i] != poison_byte(i)) return false;
    }
    return true;
}

Status report_end(uintptr_t address, const Allocation& allocation) {
    return report(IllegalAddress, text("a kernel or copy wrote behind the end of an allocation of %zu bytes at %p", allocation.bytes,
        reinterpret_cast<void*>(address)));
}

} // namespace

void poison(void* memory, size_t bytes) {
    auto* at = static_cast<unsigned char*>(memory);
    for (size_t i = 0; i < std::min(bytes, Page); i++) {
        at[i] = poison_byte(i);
    }
    for (size_t done = Page; done < bytes; done += Page) {
        memcpy(at + done, at, std::min(Page, bytes - done));
    }
}

Status allocate(void** memory, size_t bytes) {
    std::lock_guard<std::mutex> lock(gate);
    if (bytes == 0) return InvalidValue;
    if (bytes > TotalMemory - used) return OutOfMemory;
    size_t usable = round_up(bytes, Alignment);
    size_t mapped = round_up(usable, Page) + 2 * Page;
    void* mapping = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return OutOfMemory;
    auto* first = static_cast<unsigned char*>(mapping) + Page;
    mprotect(first, mapped - 2 * Page, PROT_READ | PROT_WRITE);
    unsigned char* start = first + (mapped - 2 * Page) - usable;
    poison(start, usable);
    live[reinterpret_cast<uintptr_t>(start)] = {bytes, mapping, mapped};
    used += bytes;
    *memory = start;
    return Success;
}

Status free(void* memory) {
    std::lock_guard<std::mutex> lock(gate);
    auto found = live.find(reinterpret_cast<uintptr_t>(memory));
    if (found == live.end()) {
        return report(InvalidValue, text("%p was freed but is not an allocation, or was freed before", memory));
    }
    if (!end_is_intact(found->first, found->second)) broken_end = report_end(found->first, found->second);
    munmap(found->second.mapping, found->second.mapped);
    used -= found->second.bytes;
    live.erase(found);
    return Success;
}

bool is_device_memory(const void* memory, size_t bytes) {
    auto address = reinterpret_cast<uintptr_t>(memory);
    {
        std::lock_guard<std::mutex> lock(gate);
        auto behind = live.upper_bound(address);
        if (behind != live.begin()) {
            auto [start, allocation] = *std::prev(behind);
            if (address + bytes <= start + allocation.bytes) return true;
        }
    }
    Dl_info module;
    return dladdr(memory, &module) != 0 && strstr(module.dli_fname, "/proc/self/fd/") != nullptr;
}

Status check_ends() {
    std::lock_guard<std::mutex> lock(gate);
    for (const auto& [address, allocation] : live) {
        if (!end_is_intact(address, allocation)) return report_end(address, allocation);
    }
    return std::exchange(broken_end, Success);
}

std::string describe_address(const void* memory) {
    auto address = reinterpret_cast<uintptr_t>(memory);
    std::lock_guard<std::mutex> lock(gate);
    for (const auto& [start, allocation] : live) {
        auto first = reinterpret_cast<uintptr_t>(allocation.mapping);
        if (address < first || address >= first + allocation.mapped) continue;
        const char* side = address < start ? "before the start" : "behind the end";
        size_t distance = address < start ? start - address : address - (start + allocation.bytes);
        return text("%p, %zu bytes %s of an allocation of %zu bytes", memory, distance, side, allocation.bytes);
    }
    return text("%p, which is near no live allocation (freed, uninitialised, or a wild index)", memory);
}

} // namespace emulator

using namespace emulator;

namespace {
size_t used_bytes() {
    std::lock_guard<std::mutex> lock(gate);
    return used;
}
} // namespace

extern "C" {

Status cuMemGetInfo_v2(size_t* free, size_t* total) {
    *total = TotalMemory;
    *free = TotalMemory - used_bytes();
    return Success;
}

Status cuMemAlloc_v2(void** memory, size_t bytes) { return allocate(memory, bytes); }
Status cuMemFree_v2(void* memory) { return emulator::free(memory); }

Status cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
    *memory = aligned_alloc(4096, round_up(std::max<size_t>(bytes, 1), 4096));
    return *memory ? Success : OutOfMemory;
}

Status cuMemFreeHost(void* memory) {
    ::free(memory);
    return Success;
}

// A pool holds nothing back: every allocation is one of its own, so that its guard pages stand where they belong.
Status cuMemPoolCreate(void** pool, const void*) {
    *pool = new char;
    return Success;
}

Status cuMemPoolDestroy(void* pool) {
    delete static_cast<char*>(pool);
    return Success;
}

Status cuMemPoolSetAttribute(void*, int, void*) { return Success; }

} // extern "C"
