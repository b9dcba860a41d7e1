// A barrier between blocks of threads of one launch, in two halves, so that work may lie between them. All blocks that share it must run at
// the same time (cooperative launch).
#ifndef AUTOTOWER_GRID_BARRIER_CUH
#define AUTOTOWER_GRID_BARRIER_CUH

#include "common/cuda.cuh"

// Counters: arrivals so far, and blocks that have left. Both are zero before and after.
struct GridBarrier {
    unsigned* counters;
    unsigned blocks;
    unsigned round;

    // What the block wrote before is visible to the others behind their wait(). The block is in step.
    __device__ __forceinline__ void arrive() {
        __syncthreads();
        if (threadIdx.x == 0) {
            add(counters);
        }
        round++;
    }

    // Returns when all blocks have arrived as often as this one. The block is in step after.
    __device__ __forceinline__ void wait() const {
        if (threadIdx.x == 0) {
            while (read(counters) < round * blocks) {
#if defined(AUTOTOWER_EMULATOR)
                wait_for_other_blocks();
#endif
            }
        }
        __syncthreads();
    }

    // Called once behind the last wait(): the last block to call it leaves zeros behind and, where there is a `done`, tells another launch
    // that waits for it (wait_until_done) that everything these blocks wrote is there.
    __device__ __forceinline__ void leave(unsigned* done = nullptr) const {
        if (done != nullptr) {
            __threadfence();
            __syncthreads();
        }
        if (threadIdx.x == 0 && round > 0 && atomicAdd(counters + 1, 1u) == blocks - 1) {
            counters[0] = 0;
            counters[1] = 0;
            if (done != nullptr) {
                __threadfence();
                add(done);
            }
        }
    }

    // Waits for blocks of another launch that run already. The block is in step after.
    __device__ __forceinline__ static void wait_until_done(const unsigned* done) {
        if (threadIdx.x == 0) {
            while (read(done) == 0) {
#if defined(AUTOTOWER_EMULATOR)
                wait_for_other_blocks();
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 700
                asm volatile("nanosleep.u32 500;"); // Those that are waited for need the way to memory.
#endif
            }
        }
        __syncthreads();
    }

private:
    // Releases what the block wrote, which is cheaper than a fence before an addition.
    __device__ __forceinline__ static void add(unsigned* counter) {
#if defined(AUTOTOWER_EMULATOR)
        __threadfence();
        atomicAdd(counter, 1u);
#else
        asm volatile("red.release.gpu.global.add.u32 [%0], 1;" : : "l"(counter) : "memory");
#endif
    }

    __device__ __forceinline__ static unsigned read(const unsigned* counter) {
#if defined(AUTOTOWER_EMULATOR)
        return *static_cast<const volatile unsigned*>(counter);
#else
        unsigned value;
        asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(counter) : "memory");
        return value;
#endif
    }
};

#endif
