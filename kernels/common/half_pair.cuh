// Tensor-core products of 16 x 8 x 16 in fp16 with fp32 sums (capability 8.0 and newer), and the pairs that keep fp32 accuracy: x = high + low,
// both fp16, so a b = high high + high low + low high up to 2^-22 of |a b|. It is the accuracy of three products in tf32 at half their
// number of instructions, and a pair takes no more memory than the float. What fp16 lacks is range; so operands are scaled by powers of two
// before they are split: of a value 2^14 at most, low is exact to 2^-25, which is 2^-22 of a value down to 2^-2.
#ifndef AUTOTOWER_HALF_PAIR_CUH
#define AUTOTOWER_HALF_PAIR_CUH

#include "common/cuda.cuh"

#if defined(AUTOTOWER_EMULATOR)
__device__ __forceinline__ float from_half(unsigned half) {
    const float value = (half & 0x7c00u) == 0x7c00u ? __uint_as_float(0x7f800000u | (half & 0x3ffu) << 13)
                                                    : __uint_as_float((half & 0x7fffu) << 13) * 5192296858534827628530496329220096.0f; // 2^112
    return half & 0x8000u ? -value : value;
}

__device__ __forceinline__ unsigned to_half(float value) {
    const unsigned sign = __float_as_uint(value) >> 16 & 0x8000u;
    const float magnitude = fabsf(value);
    if (!(magnitude < 65520.0f)) {
        return sign | (magnitude != magnitude ? 0x7e00u : 0x7c00u);
    }
    const unsigned bits = __float_as_uint(magnitude * 1.925929944387236e-34f); // 2^-112
    return sign | (bits + 0xfffu + (bits >> 13 & 1u)) >> 13;
}
#endif

// Two fp16 values in a register, `first` in the lower half; rounded to nearest, from 65,520 on infinite.
__device__ __forceinline__ unsigned to_halves(float first, float second) {
#if defined(AUTOTOWER_EMULATOR)
    return to_half(first) | to_half(second) << 16;
#elif __CUDA_ARCH__ >= 800
    unsigned halves;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(halves) : "f"(second), "f"(first));
    return halves;
#else
    __trap(); // The launcher never takes this path on an older device.
    return 0;
#endif
}

__device__ __forceinline__ float2 from_halves(unsigned halves) {
#if defined(AUTOTOWER_EMULATOR)
    return make_float2(from_half(halves & 0xffffu), from_half(halves >> 16));
#else
    float2 values;
    asm("{ .reg .b16 first, second; mov.b32 {first, second}, %2; cvt.f32.f16 %0, first; cvt.f32.f16 %1, second; }"
        : "=f"(values.x), "=f"(values.y) : "r"(halves));
    return values;
#endif
}

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

// c (16, 8) += a (16, 16) b (16, 8). With r = lane / 4 and q = lane % 4 a lane holds, two values of k a register,
// a: (r, 2q), (r + 8, 2q), (r, 2q + 8), (r + 8, 2q + 8); b: (2q, r), (2q + 8, r); c: (r, 2q), (r, 2q + 1), (r + 8, 2q), (r + 8, 2q + 1).
__device__ __forceinline__ void mma_f16(float (&c)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
#if defined(AUTOTOWER_EMULATOR)
    __shared__ float2 operands[16][WARP][6];
    float2 (*warp)[6] = operands[warp_index()];
    const unsigned own[6] = {a0, a1, a2, a3, b0, b1};
    for (int i = 0; i < 6; i++) {
        warp[lane_index()][i] = from_halves(own[i]);
    }
    __syncwarp();
    const int r = lane_index() / 4;
    const int column = 2 * (lane_index() % 4);
    for (int k = 0; k < 8; k++) {
        const float2* left = warp[r * 4 + k % 4] + k / 4 * 2;
        #pragma unroll
        for (int i = 0; i < 4; i++) {
            const float2 x = left[i / 2];
            const float2 y = warp[(column + i % 2) * 4 + k % 4][4 + k / 4];
            c[i] += x.x * y.x + x.y * y.y;
        }
    }
    __syncwarp();
#elif __CUDA_ARCH__ >= 800
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
#else
    __trap();
#endif
}

// c[j] += a b[j] for tiles j of 8 columns and 16 values of k, of which a lane holds 4q to 4q + 3: which of the 16 these are is free as long
// as both operands agree. top and bottom: rows r and r + 8 of a. Small terms first; the tiles take turns, so that no product waits for the
// one before.
template <bool EXACT, int TILES>
__device__ __forceinline__ void mma_pairs(float (&c)[TILES][4], const uint4& top, const uint4& bottom, const uint4 (&b)[TILES]) {
    if (EXACT) {
        #pragma unroll
        for (int j = 0; j < TILES; j++) {
            mma_f16(c[j], top.z, bottom.z, top.w, bottom.w, b[j].x, b[j].y);
        }
        #pragma unroll
        for (int j = 0; j < TILES; j++) {
            mma_f16(c[j], top.x, bottom.x, top.y, bottom.y, b[j].z, b[j].w);
        }
    }
    #pragma unroll
    for (int j = 0; j < TILES; j++) {
        mma_f16(c[j], top.x, bottom.x, top.y, bottom.y, b[j].x, b[j].y);
    }
}

#endif
