// Programmatic dependent launch (capability 9.0): a kernel that is launched as dependent starts while the one in front of it ends.
#ifndef AUTOTOWER_DEPENDENT_CUH
#define AUTOTOWER_DEPENDENT_CUH

#include "common/cuda.cuh"

// To be called by all threads before they read or write what an earlier launch may still use. Only then may the next launch start its
// blocks, once all of this one's have got here: so everything but the launch in front is over when a kernel starts.
__device__ __forceinline__ void wait_for_launch_before() {
#if !defined(AUTOTOWER_EMULATOR) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

#endif
