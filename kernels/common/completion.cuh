// A grid that finishes its own work: the block that ends last combines what all blocks left in memory, in an order that does not depend
// on which block that is.
#ifndef AUTOTOWER_COMPLETION_CUH
#define AUTOTOWER_COMPLETION_CUH

#include "common/cuda.cuh"

// True in all threads of the block that calls this last of `blocks`; what the others wrote before is visible to it. The counter is zero
// before and after.
__device__ __forceinline__ bool is_last_block(int* counter, int blocks) {
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicAdd(counter, 1) == blocks - 1;
        if (last) {
            *counter = 0;
        }
        __threadfence();
    }
    __syncthreads();
    return last;
}

#endif
