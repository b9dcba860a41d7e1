// Copies from global to shared memory that go on while the thread works (cp.async, sm_80 and newer; an ordinary copy below that and in the
// emulator). Both addresses are multiples of 16 bytes.
#ifndef AUTOTOWER_ASYNC_COPY_CUH
#define AUTOTOWER_ASYNC_COPY_CUH

#include "common/cuda.cuh"

#if !defined(AUTOTOWER_EMULATOR) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
#define AUTOTOWER_ASYNC_COPY 1
#endif

__device__ __forceinline__ void copy_16_bytes_async(void* shared, const void* global) {
#if defined(AUTOTOWER_ASYNC_COPY)
    unsigned address;
    asm("{ .reg .u64 a; cvta.to.shared.u64 a, %1; cvt.u32.u64 %0, a; }" : "=r"(address) : "l"(shared));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address), "l"(global) : "memory");
#else
    *reinterpret_cast<uint4*>(shared) = *reinterpret_cast<const uint4*>(global);
#endif
}

// Brings a line of 128 bytes into the L2 cache, for whoever reads it later.
__device__ __forceinline__ void prefetch_line(const void* global) {
#if defined(AUTOTOWER_ASYNC_COPY)
    asm volatile("prefetch.global.L2 [%0];" ::"l"(global));
#endif
}

// Ends a group of the thread's copies.
__device__ __forceinline__ void commit_async_copies() {
#if defined(AUTOTOWER_ASYNC_COPY)
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until at most GROUPS of the thread's latest groups are still under way. Other threads see the data after a barrier.
template <int GROUPS> __device__ __forceinline__ void wait_async_copies() {
#if defined(AUTOTOWER_ASYNC_COPY)
    asm volatile("cp.async.wait_group %0;" ::"n"(GROUPS) : "memory");
#endif
}

#endif
