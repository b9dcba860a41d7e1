// Programmatic dependent launch (capability 9.0): a kernel that is launched as dependent starts once all blocks of the one in front of it
// run and let it. Either it waits at its start, or, where both are independent, at its end.
#ifndef AUTOTOWER_DEPENDENT_CUH
#define AUTOTOWER_DEPENDENT_CUH

#include "common/cuda.cuh"

// To be called by all threads before they read or write what an earlier launch may still use. Only then may the next launch start its
// blocks, once all of this one's have got here: so of a row of such launches everything but the one in front is over when one starts.
__device__ __forceinline__ void wait_for_launch_before() {
#if !defined(AUTOTOWER_EMULATOR) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// First in a kernel that may run beside the launches in front of it and behind it (CudaEngine.LaunchBeside decides). It ends behind the one in
// front, so that whoever waits for it waits for all of them.
struct RunsBeside {
    __device__ __forceinline__ RunsBeside() {
#if !defined(AUTOTOWER_EMULATOR) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
        asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
    }

    __device__ __forceinline__ ~RunsBeside() {
#if !defined(AUTOTOWER_EMULATOR) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
        if (blockIdx.x == gridDim.x - 1 && threadIdx.x == 0) {
            asm volatile("griddepcontrol.wait;" ::: "memory");
        }
#endif
    }
};

#endif
