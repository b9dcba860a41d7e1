// Sums and maxima over warps and blocks, in an order that depends on the block size alone, so that results repeat bit by bit.
#ifndef AUTOTOWER_REDUCE_CUH
#define AUTOTOWER_REDUCE_CUH

#include "common/cuda.cuh"

struct Sum {
    template <class T> __device__ __forceinline__ T operator()(T a, T b) const { return a + b; }
};
struct Maximum {
    template <class T> __device__ __forceinline__ T operator()(T a, T b) const { return max(a, b); }
};

// Every lane gets the result: the butterfly adds the same pairs in every lane, and a + b is b + a.
template <class Combine, class T> __device__ __forceinline__ T warp_reduce(T value) {
    for (int distance = WARP / 2; distance > 0; distance /= 2) {
        value = Combine()(value, __shfl_xor_sync(FULL_WARP, value, distance));
    }
    return value;
}

// Integers take one instruction where there is one (sm_80).
#if !defined(AUTOTOWER_EMULATOR) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
template <> __device__ __forceinline__ int warp_reduce<Sum, int>(int value) {
    int total;
    asm volatile("redux.sync.add.s32 %0, %1, 0xffffffff;" : "=r"(total) : "r"(value));
    return total;
}
template <> __device__ __forceinline__ unsigned warp_reduce<Maximum, unsigned>(unsigned value) {
    unsigned largest;
    asm volatile("redux.sync.max.u32 %0, %1, 0xffffffff;" : "=r"(largest) : "r"(value));
    return largest;
}
#endif

// Every thread gets the result; THREADS is the block size, a multiple of 32. May be called again at once.
template <class Combine, int THREADS, class T> __device__ __forceinline__ T block_reduce(T value) {
    static_assert(THREADS % WARP == 0 && THREADS >= WARP, "blocks are whole warps");
    constexpr int WARPS = THREADS / WARP;
    __shared__ T of_warp[WARPS];
    value = warp_reduce<Combine>(value);
    if (lane_index() == 0) {
        of_warp[warp_index()] = value;
    }
    __syncthreads();
    T total = of_warp[0];
    for (int warp = 1; warp < WARPS; warp++) {
        total = Combine()(total, of_warp[warp]);
    }
    __syncthreads();
    return total;
}

template <class T> __device__ __forceinline__ T warp_sum(T value) { return warp_reduce<Sum>(value); }
template <class T> __device__ __forceinline__ T warp_max(T value) { return warp_reduce<Maximum>(value); }
template <int THREADS, class T> __device__ __forceinline__ T block_sum(T value) { return block_reduce<Sum, THREADS>(value); }
template <int THREADS, class T> __device__ __forceinline__ T block_max(T value) { return block_reduce<Maximum, THREADS>(value); }

#endif
