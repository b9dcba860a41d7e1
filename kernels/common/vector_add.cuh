// Atomic additions of several neighbouring floats to device memory: one instruction where there is one (sm_90 and newer, compiled by CUDA 12.1
// or newer), which fills sectors of 32 bytes; else one a float.
#ifndef AUTOTOWER_VECTOR_ADD_CUH
#define AUTOTOWER_VECTOR_ADD_CUH

#include "common/cuda.cuh"

#if !defined(AUTOTOWER_EMULATOR) && defined(__CUDACC_RTC__) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#if __CUDACC_VER_MAJOR__ * 100 + __CUDACC_VER_MINOR__ >= 1201
#define AUTOTOWER_VECTOR_ADD 1
#endif
#endif

// destination is aligned to 8 bytes.
__device__ __forceinline__ void add_two(float* destination, float a, float b) {
#if defined(AUTOTOWER_VECTOR_ADD)
    asm volatile("{ .reg .u64 a; cvta.to.global.u64 a, %0; red.global.add.v2.f32 [a], {%1, %2}; }" ::"l"(destination), "f"(a), "f"(b) : "memory");
#else
    atomicAdd(destination, a);
    atomicAdd(destination + 1, b);
#endif
}

// destination is aligned to 16 bytes.
__device__ __forceinline__ void add_four(float* destination, float4 value) {
#if defined(AUTOTOWER_VECTOR_ADD)
    asm volatile("{ .reg .u64 a; cvta.to.global.u64 a, %0; red.global.add.v4.f32 [a], {%1, %2, %3, %4}; }" ::"l"(destination), "f"(value.x),
                 "f"(value.y), "f"(value.z), "f"(value.w)
                 : "memory");
#else
    atomicAdd(destination, value.x);
    atomicAdd(destination + 1, value.y);
    atomicAdd(destination + 2, value.z);
    atomicAdd(destination + 3, value.w);
#endif
}

#endif
