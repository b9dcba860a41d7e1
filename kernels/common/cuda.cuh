// The dialect of all kernels; included first by every source and header. See docs/kernels.md.
//
// Three compilers read the sources: NVRTC on GPUs and the emulator's compiler have the language built in; clang without a CUDA toolkit,
// which checks the sources, gets it from common/clang.cuh.
#ifndef AUTOTOWER_CUDA_CUH
#define AUTOTOWER_CUDA_CUH

#if !defined(__CUDACC_RTC__) && !defined(AUTOTOWER_EMULATOR)
#include "common/clang.cuh"
#endif

// Declares `type* name`, the block's dynamic shared memory, aligned to 16 bytes; once a kernel.
#define DYNAMIC_SHARED(type, name)                                            \
    extern __shared__ __align__(16) unsigned char dynamic_shared_bytes[];     \
    type* const name = reinterpret_cast<type*>(dynamic_shared_bytes)

// The type of a struct that a kernel takes by value and indexes with a variable: NVRTC reads it where it is instead of copying it to every
// thread's local memory.
#if defined(__CUDACC_RTC__)
#define LARGE_ARGUMENT(type) const __grid_constant__ type
#else
#define LARGE_ARGUMENT(type) const type
#endif

constexpr int WARP = 32;
constexpr unsigned FULL_WARP = 0xffffffffu;

__device__ __forceinline__ int lane_index() { return threadIdx.x & (WARP - 1); }
__device__ __forceinline__ int warp_index() { return threadIdx.x / WARP; }

__device__ __forceinline__ float infinity() { return __int_as_float(0x7f800000); }

// The thread's number in the grid and the number of threads of the grid, for loops over more elements than an int counts.
__device__ __forceinline__ long long grid_thread() { return (long long)blockIdx.x * blockDim.x + threadIdx.x; }
__device__ __forceinline__ long long grid_threads() { return (long long)gridDim.x * blockDim.x; }

#endif
