// Conversions between float and fp16, two at a time.
#ifndef AUTOTOWER_HALF_CUH
#define AUTOTOWER_HALF_CUH

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

// Two fp16 values added to a note of overflow: 0 as long as all of them are finite, since 0 times an infinite one is not a number.
__device__ __forceinline__ unsigned note_overflow(unsigned note, unsigned halves) {
#if defined(AUTOTOWER_EMULATOR)
    return note | (((halves & 0x7fff7fffu) + 0x04000400u) & 0x80008000u);
#else
    unsigned result;
    asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(halves), "r"(0u), "r"(note));
    return result;
#endif
}

#endif
