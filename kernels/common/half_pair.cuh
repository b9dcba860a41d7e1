// Tensor-core products of 16 x 8 x 16 in fp16 with fp32 sums (capability 8.0 and newer), and the pairs that keep fp32 accuracy: x = high + low,
// both fp16, so a b = high high + high low + low high up to 2^-22 of |a b|. It is the accuracy of three products in tf32 at half their
// number of instructions, and a pair takes no more memory than the float. What fp16 lacks is range; so operands are scaled by powers of two
// before they are split: of a value 2^14 at most, low is exact to 2^-25, which is 2^-22 of a value down to 2^-2.
#ifndef AUTOTOWER_HALF_PAIR_CUH
#define AUTOTOWER_HALF_PAIR_CUH

#include "common/half.cuh"
#include "common/tensor_core.cuh"

// A power of two by which values are multiplied before they are split, so that the largest magnitude, given as its bits, gets into
// [2^13, 2^14). It is 2^80 at the most, so that undoing it does not underflow.
__device__ __forceinline__ float pair_scale(unsigned largest) {
    return __uint_as_float(min(140 + 127 - (largest >> 23), 127u + 80) << 23); // Exponents as they stand in a float, 127 for one.
}

// Weights are scaled by a constant, since blocks of threads read them long before they could agree on a maximum: magnitudes below 256 are in
// range, those from 2^-10 on keep 22 bits, and smaller ones are exact to 2^-33.
constexpr float WEIGHT_SCALE = 256;

// 1 / scale of a power of two.
__device__ __forceinline__ float undo(float scale) { return __uint_as_float(0x7f000000u - __float_as_uint(scale)); }

// Four values as pairs: x, y their high parts in order, z, w their low parts, which are left out unless EXACT.
template <bool EXACT> __device__ __forceinline__ uint4 to_pairs(float a, float b, float c, float d) {
    uint4 pairs = {to_halves(a, b), to_halves(c, d), 0, 0};
    if (EXACT) {
        const float2 first = from_halves(pairs.x);
        const float2 second = from_halves(pairs.y);
        pairs.z = to_halves(a - first.x, b - first.y);
        pairs.w = to_halves(c - second.x, d - second.y);
    }
    return pairs;
}

// Four 8 x 8 matrices as ldmatrix returns them.
struct HalfPairs {
    unsigned high[4];
    unsigned low[4];
};

// c[j] += a b[j] for tiles j of 8 columns and 16 values of k, of which a lane holds 4q to 4q + 3: which of the 16 these are is free as long
// as both operands agree. top and bottom: rows r and r + 8 of a. Small terms first; the tiles take turns, so that no product waits for the
// one before.
template <bool EXACT, int TILES>
__device__ __forceinline__ void mma_pairs(float (&c)[TILES][4], const uint4& top, const uint4& bottom, const uint4 (&b)[TILES]) {
    const unsigned high[4] = {top.x, bottom.x, top.y, bottom.y};
    if (EXACT) {
        const unsigned low[4] = {top.z, bottom.z, top.w, bottom.w};
        #pragma unroll
        for (int j = 0; j < TILES; j++) {
            multiply_add(c[j], low, b[j].x, b[j].y, c[j]);
        }
        #pragma unroll
        for (int j = 0; j < TILES; j++) {
            multiply_add(c[j], high, b[j].z, b[j].w, c[j]);
        }
    }
    #pragma unroll
    for (int j = 0; j < TILES; j++) {
        multiply_add(c[j], high, b[j].x, b[j].y, c[j]);
    }
}

#endif
