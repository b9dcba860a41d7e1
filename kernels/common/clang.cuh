// The part of CUDA that kernels may use, for clang's CUDA front end without a toolkit: enough to compile to device code, not to link it.
// Only common/cuda.cuh includes this.
#ifndef AUTOTOWER_CLANG_CUH
#define AUTOTOWER_CLANG_CUH

#if !defined(__clang__) || !defined(__CUDA__) || !defined(__CUDA_ARCH__)
#error "kernels are compiled by NVRTC, by clang -x cuda --cuda-device-only, or by the emulator"
#endif

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(bytes) __attribute__((aligned(bytes)))

typedef decltype(sizeof(0)) size_t;

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x = 1, y = 1, z = 1; };
#include <__clang_cuda_builtin_vars.h> // threadIdx, blockIdx, blockDim, gridDim, warpSize; a header of clang, not of CUDA

struct __align__(8) float2 { float x, y; };
struct __align__(16) float4 { float x, y, z, w; };
struct __align__(8) int2 { int x, y; };
struct __align__(16) int4 { int x, y, z, w; };
struct __align__(8) uint2 { unsigned x, y; };
struct __align__(16) uint4 { unsigned x, y, z, w; };
struct __align__(16) double2 { double x, y; };
struct __align__(16) longlong2 { long long x, y; };

#define FUNCTION static __device__ __forceinline__
FUNCTION float2 make_float2(float x, float y) { return {x, y}; }
FUNCTION float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
FUNCTION int2 make_int2(int x, int y) { return {x, y}; }
FUNCTION int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
FUNCTION uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
FUNCTION uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
FUNCTION double2 make_double2(double x, double y) { return {x, y}; }
FUNCTION longlong2 make_longlong2(long long x, long long y) { return {x, y}; }

// Barriers and fences; __syncthreads itself is a builtin of clang.
FUNCTION int __syncthreads_and(int predicate) { return __nvvm_bar0_and(predicate); }
FUNCTION int __syncthreads_or(int predicate) { return __nvvm_bar0_or(predicate); }
FUNCTION int __syncthreads_count(int predicate) { return __nvvm_bar0_popc(predicate); }
FUNCTION void __syncwarp(unsigned mask = 0xffffffffu) { __nvvm_bar_warp_sync(mask); }
FUNCTION void __trap() { __builtin_trap(); }
FUNCTION void __threadfence() { __nvvm_membar_gl(); }
FUNCTION void __threadfence_block() { __nvvm_membar_cta(); }

// Warps. Eight-byte values go as two words, as in CUDA. The last operand of the builtins holds the width of a segment and the bound of the lanes.
#define SHUFFLE(name, builtin, type, bound)                                                                                        \
    FUNCTION int name(unsigned mask, int value, type operand, int width = 32) {                                                    \
        return builtin(mask, value, operand, ((32 - width) << 8) | bound);                                                         \
    }                                                                                                                              \
    FUNCTION unsigned name(unsigned mask, unsigned value, type operand, int width = 32) {                                          \
        return (unsigned)name(mask, (int)value, operand, width);                                                                   \
    }                                                                                                                              \
    FUNCTION float name(unsigned mask, float value, type operand, int width = 32) {                                                \
        return __builtin_bit_cast(float, name(mask, __builtin_bit_cast(int, value), operand, width));                              \
    }                                                                                                                              \
    FUNCTION unsigned long long name(unsigned mask, unsigned long long value, type operand, int width = 32) {                      \
        unsigned low = name(mask, (unsigned)value, operand, width), high = name(mask, (unsigned)(value >> 32), operand, width);    \
        return low | (unsigned long long)high << 32;                                                                               \
    }                                                                                                                              \
    FUNCTION long long name(unsigned mask, long long value, type operand, int width = 32) {                                        \
        return (long long)name(mask, (unsigned long long)value, operand, width);                                                   \
    }                                                                                                                              \
    FUNCTION double name(unsigned mask, double value, type operand, int width = 32) {                                              \
        return __builtin_bit_cast(double, name(mask, __builtin_bit_cast(unsigned long long, value), operand, width));              \
    }
SHUFFLE(__shfl_sync, __nvvm_shfl_sync_idx_i32, int, 31)
SHUFFLE(__shfl_up_sync, __nvvm_shfl_sync_up_i32, unsigned, 0)
SHUFFLE(__shfl_down_sync, __nvvm_shfl_sync_down_i32, unsigned, 31)
SHUFFLE(__shfl_xor_sync, __nvvm_shfl_sync_bfly_i32, int, 31)
#undef SHUFFLE
FUNCTION unsigned __ballot_sync(unsigned mask, int predicate) { return __nvvm_vote_ballot_sync(mask, predicate); }
FUNCTION int __any_sync(unsigned mask, int predicate) { return __nvvm_vote_any_sync(mask, predicate); }
FUNCTION int __all_sync(unsigned mask, int predicate) { return __nvvm_vote_all_sync(mask, predicate); }

// Atomics return the value before.
FUNCTION int atomicAdd(int* address, int value) { return __nvvm_atom_add_gen_i(address, value); }
FUNCTION unsigned atomicAdd(unsigned* address, unsigned value) { return __nvvm_atom_add_gen_i((int*)address, (int)value); }
FUNCTION unsigned long long atomicAdd(unsigned long long* address, unsigned long long value) {
    return __nvvm_atom_add_gen_ll((long long*)address, (long long)value);
}
FUNCTION float atomicAdd(float* address, float value) { return __nvvm_atom_add_gen_f(address, value); }
FUNCTION double atomicAdd(double* address, double value) { return __nvvm_atom_add_gen_d(address, value); }
FUNCTION int atomicSub(int* address, int value) { return __nvvm_atom_add_gen_i(address, -value); }
FUNCTION unsigned atomicSub(unsigned* address, unsigned value) { return __nvvm_atom_add_gen_i((int*)address, -(int)value); }
FUNCTION int atomicMax(int* address, int value) { return __nvvm_atom_max_gen_i(address, value); }
FUNCTION unsigned atomicMax(unsigned* address, unsigned value) { return __nvvm_atom_max_gen_ui(address, value); }
FUNCTION unsigned long long atomicMax(unsigned long long* address, unsigned long long value) { return __nvvm_atom_max_gen_ull(address, value); }
FUNCTION int atomicMin(int* address, int value) { return __nvvm_atom_min_gen_i(address, value); }
FUNCTION unsigned atomicMin(unsigned* address, unsigned value) { return __nvvm_atom_min_gen_ui(address, value); }
FUNCTION unsigned long long atomicMin(unsigned long long* address, unsigned long long value) { return __nvvm_atom_min_gen_ull(address, value); }
FUNCTION int atomicExch(int* address, int value) { return __nvvm_atom_xchg_gen_i(address, value); }
FUNCTION unsigned atomicExch(unsigned* address, unsigned value) { return __nvvm_atom_xchg_gen_i((int*)address, (int)value); }
FUNCTION float atomicExch(float* address, float value) {
    return __builtin_bit_cast(float, __nvvm_atom_xchg_gen_i((int*)address, __builtin_bit_cast(int, value)));
}
FUNCTION unsigned long long atomicExch(unsigned long long* address, unsigned long long value) {
    return __nvvm_atom_xchg_gen_ll((long long*)address, (long long)value);
}
FUNCTION int atomicCAS(int* address, int expected, int value) { return __nvvm_atom_cas_gen_i(address, expected, value); }
FUNCTION unsigned atomicCAS(unsigned* address, unsigned expected, unsigned value) {
    return __nvvm_atom_cas_gen_i((int*)address, (int)expected, (int)value);
}
FUNCTION unsigned long long atomicCAS(unsigned long long* address, unsigned long long expected, unsigned long long value) {
    return __nvvm_atom_cas_gen_ll((long long*)address, (long long)expected, (long long)value);
}
FUNCTION int atomicAnd(int* address, int value) { return __nvvm_atom_and_gen_i(address, value); }
FUNCTION unsigned atomicAnd(unsigned* address, unsigned value) { return __nvvm_atom_and_gen_i((int*)address, (int)value); }
FUNCTION int atomicOr(int* address, int value) { return __nvvm_atom_or_gen_i(address, value); }
FUNCTION unsigned atomicOr(unsigned* address, unsigned value) { return __nvvm_atom_or_gen_i((int*)address, (int)value); }

template <class T> FUNCTION T __ldg(const T* address) { return *address; }

// Bits.
FUNCTION int __float_as_int(float value) { return __builtin_bit_cast(int, value); }
FUNCTION unsigned __float_as_uint(float value) { return __builtin_bit_cast(unsigned, value); }
FUNCTION float __int_as_float(int value) { return __builtin_bit_cast(float, value); }
FUNCTION float __uint_as_float(unsigned value) { return __builtin_bit_cast(float, value); }
FUNCTION long long __double_as_longlong(double value) { return __builtin_bit_cast(long long, value); }
FUNCTION double __longlong_as_double(long long value) { return __builtin_bit_cast(double, value); }
FUNCTION int __popc(unsigned value) { return __builtin_popcount(value); }
FUNCTION int __popcll(unsigned long long value) { return __builtin_popcountll(value); }
FUNCTION int __clz(int value) { return value == 0 ? 32 : __builtin_clz((unsigned)value); }
FUNCTION int __clzll(long long value) { return value == 0 ? 64 : __builtin_clzll((unsigned long long)value); }
FUNCTION int __ffs(int value) { return __builtin_ffs(value); }
FUNCTION int __ffsll(long long value) { return __builtin_ffsll(value); }
FUNCTION unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
FUNCTION unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}

// Mathematics. The declarations stay unresolved: a check does not link.
#define UNARY(name) extern "C" __device__ float name##f(float); extern "C" __device__ double name(double);
#define BINARY(name) extern "C" __device__ float name##f(float, float); extern "C" __device__ double name(double, double);
UNARY(exp) UNARY(exp2) UNARY(expm1) UNARY(log) UNARY(log2) UNARY(log10) UNARY(log1p) UNARY(sqrt) UNARY(rsqrt) UNARY(tanh) UNARY(erf)
UNARY(sin) UNARY(cos) UNARY(fabs) UNARY(floor) UNARY(ceil) UNARY(round) UNARY(trunc) UNARY(rint)
BINARY(pow) BINARY(fmax) BINARY(fmin) BINARY(fmod) BINARY(copysign)
#undef UNARY
#undef BINARY
extern "C" __device__ float fmaf(float, float, float);
extern "C" __device__ double fma(double, double, double);
FUNCTION float __fadd_rn(float a, float b) { return __nvvm_add_rn_f(a, b); }
FUNCTION float __fsub_rn(float a, float b) { return __nvvm_add_rn_f(a, -b); }
FUNCTION float __fmul_rn(float a, float b) { return __nvvm_mul_rn_f(a, b); }
FUNCTION float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
FUNCTION bool isnan(float value) { return __builtin_isnan(value); }
FUNCTION bool isnan(double value) { return __builtin_isnan(value); }
FUNCTION bool isinf(float value) { return __builtin_isinf(value); }
FUNCTION bool isinf(double value) { return __builtin_isinf(value); }
FUNCTION bool isfinite(float value) { return __builtin_isfinite(value); }
FUNCTION bool isfinite(double value) { return __builtin_isfinite(value); }

#define MINIMUM_AND_MAXIMUM(type)                                            \
    FUNCTION type min(type a, type b) { return b < a ? b : a; }              \
    FUNCTION type max(type a, type b) { return a < b ? b : a; }
MINIMUM_AND_MAXIMUM(int) MINIMUM_AND_MAXIMUM(unsigned) MINIMUM_AND_MAXIMUM(long long) MINIMUM_AND_MAXIMUM(unsigned long long)
#undef MINIMUM_AND_MAXIMUM
FUNCTION float min(float a, float b) { return fminf(a, b); }
FUNCTION float max(float a, float b) { return fmaxf(a, b); }
FUNCTION double min(double a, double b) { return fmin(a, b); }
FUNCTION double max(double a, double b) { return fmax(a, b); }
#undef FUNCTION

#endif
