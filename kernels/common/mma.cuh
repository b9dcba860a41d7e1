// Tensor-core products of 16 x 8 x 8 in tf32 (capability 8.0 and newer), and the splitting that keeps fp32 accuracy: x = high + low with
// high the value rounded to 10 mantissa bits, so a b = high high + high low + low high up to 2^-22 of |a b|.
#ifndef AUTOTOWER_MMA_CUH
#define AUTOTOWER_MMA_CUH

#include "common/cuda.cuh"

// c (16, 8) += a (16, 8) b (8, 8); the unit reads the upper 19 bits of each operand. With r = lane / 4 and q = lane % 4 a lane holds
// a: (r, q), (r + 8, q), (r, q + 4), (r + 8, q + 4); b: (q, r), (q + 4, r); c: (r, 2q), (r, 2q + 1), (r + 8, 2q), (r + 8, 2q + 1).
__device__ __forceinline__ void mma_tf32(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
#if defined(AUTOTOWER_EMULATOR)
    __shared__ float operands[32][WARP][6];
    float (*warp)[6] = operands[warp_index()];
    const unsigned own[6] = {a[0], a[1], a[2], a[3], b0, b1};
    for (int i = 0; i < 6; i++) {
        warp[lane_index()][i] = __uint_as_float(own[i] & 0xffffe000u);
    }
    __syncwarp();
    const int r = lane_index() / 4;
    const int column = 2 * (lane_index() % 4);
    for (int k = 0; k < 8; k++) {
        const float* left = warp[r * 4 + k % 4] + k / 4 * 2;
        #pragma unroll
        for (int i = 0; i < 4; i++) {
            c[i] += left[i / 2] * warp[(column + i % 2) * 4 + k % 4][4 + k / 4];
        }
    }
    __syncwarp();
#elif __CUDA_ARCH__ >= 800
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    __trap(); // The launcher never takes this path on an older device.
#endif
}

// An operand: EXACT splits it in two, otherwise it is rounded to tf32 and low is unused.
template <bool EXACT> struct Operand {
    unsigned high;
    unsigned low;

    // Half of the last kept bit is added before the unit cuts, which rounds: cutting alone would always err towards zero.
    __device__ __forceinline__ void set(float value) {
        high = __float_as_uint(value) + 0x1000u;
        low = EXACT ? __float_as_uint(value - __uint_as_float(high & 0xffffe000u)) + 0x1000u : 0;
    }
};

// c += a b for one k-step of 8; small terms first.
template <bool EXACT>
__device__ __forceinline__ void mma(float (&c)[4], const Operand<EXACT> (&a)[4], const Operand<EXACT>& b0, const Operand<EXACT>& b1) {
    const unsigned high[4] = {a[0].high, a[1].high, a[2].high, a[3].high};
    if (EXACT) {
        const unsigned low[4] = {a[0].low, a[1].low, a[2].low, a[3].low};
        mma_tf32(c, low, b0.high, b1.high);
        mma_tf32(c, high, b0.low, b1.low);
    }
    mma_tf32(c, high, b0.high, b1.high);
}

#endif
