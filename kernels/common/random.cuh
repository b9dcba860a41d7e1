// Random numbers as functions of (key, counter), equal to those of src/AutoTower.Autograd/Random: Philox4x32-10 (Salmon et al., "Parallel
// random numbers: as easy as 1, 2, 3", SC 2011) and the shuffled order built on it.
#ifndef AUTOTOWER_RANDOM_CUH
#define AUTOTOWER_RANDOM_CUH

#include "common/cuda.cuh"

// Last counter word, so that no two uses share numbers (RandomStream.cs).
constexpr unsigned RANDOM_STREAM_DROPOUT = 2;
constexpr unsigned RANDOM_STREAM_SHUFFLE = 3;

// Four random words for a key and a 128-bit counter.
__device__ __forceinline__ uint4 philox(unsigned long long key, unsigned counter0, unsigned counter1, unsigned counter2, unsigned counter3) {
    unsigned key0 = (unsigned)key;
    unsigned key1 = (unsigned)(key >> 32);
    for (int round = 0; round < 10; round++) {
        unsigned high0 = __umulhi(0xD2511F53u, counter0);
        unsigned high1 = __umulhi(0xCD9E8D57u, counter2);
        unsigned low0 = 0xD2511F53u * counter0;
        unsigned low1 = 0xCD9E8D57u * counter2;
        counter0 = high1 ^ counter1 ^ key0;
        counter2 = high0 ^ counter3 ^ key1;
        counter1 = low1;
        counter3 = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return make_uint4(counter0, counter1, counter2, counter3);
}

// A random word as a number in [0, 1) with 24 bits.
__device__ __forceinline__ float to_uniform(unsigned word) { return (word >> 8) * (1.0f / 16777216.0f); }

// A keyed bijection of [0, count): element `position` of the shuffled order number `epoch` (Shuffle.cs). A four-round Feistel network over
// the next even power of two, walked until it lands below count.
__device__ __forceinline__ int shuffled(int position, int count, unsigned long long seed, unsigned epoch) {
    int bits = 32 - __clz(count - 1);
    int half_bits = max(1, (bits + 1) / 2);
    unsigned mask = (1u << half_bits) - 1;
    unsigned value = (unsigned)position;
    do {
        unsigned left = value >> half_bits;
        unsigned right = value & mask;
        for (unsigned round = 0; round < 4; round++) {
            unsigned mixed = philox(seed, right, round, epoch, RANDOM_STREAM_SHUFFLE).x;
            unsigned swapped = left ^ (mixed & mask);
            left = right;
            right = swapped;
        }
        value = (left << half_bits) | right;
    } while (value >= (unsigned)count);
    return (int)value;
}

#endif
