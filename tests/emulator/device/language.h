// CUDA C++ as the emulator offers it: read in front of every kernel source, as NVRTC has its language built in. Threads of a block take
// turns on one processor and switch only inside barriers and warp operations, so atomics are plain operations.
#pragma once
#include "runtime.h"

typedef decltype(sizeof(0)) size_t;

// The compiler turns the words with double underscores into C++ after preprocessing.
#define __global__ __autotower_global__
#define __shared__ __autotower_shared__
#define __launch_bounds__(...) __autotower_launch_bounds__(__VA_ARGS__)
#define __device__
#define __host__
#define __constant__
#define __cudart_builtin__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(bytes) __attribute__((aligned(bytes)))

struct uint3 : emulator::Extent {};
struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};
extern "C" {
__attribute__((visibility("hidden"))) emulator::State autotower_state;
extern __attribute__((visibility("hidden"), weak)) unsigned char __start_autotower_shared[];
extern __attribute__((visibility("hidden"), weak)) unsigned char __stop_autotower_shared[];
}
static const emulator::Extent& threadIdx = autotower_state.thread;
static const emulator::Extent& blockIdx = autotower_state.block;
static const emulator::Extent& blockDim = autotower_state.block_size;
static const emulator::Extent& gridDim = autotower_state.grid_size;
static const int warpSize = 32;

struct __align__(8) float2 { float x, y; };
struct __align__(16) float4 { float x, y, z, w; };
struct __align__(8) int2 { int x, y; };
struct __align__(16) int4 { int x, y, z, w; };
struct __align__(8) uint2 { unsigned x, y; };
struct __align__(16) uint4 { unsigned x, y, z, w; };
struct __align__(16) double2 { double x, y; };
struct __align__(16) longlong2 { long long x, y; };

#define FUNCTION static inline
FUNCTION float2 make_float2(float x, float y) { return {x, y}; }
FUNCTION float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
FUNCTION int2 make_int2(int x, int y) { return {x, y}; }
FUNCTION int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
FUNCTION uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
FUNCTION uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
FUNCTION double2 make_double2(double x, double y) { return {x, y}; }
FUNCTION longlong2 make_longlong2(long long x, long long y) { return {x, y}; }

// Barriers and fences. The caller's place comes in as default arguments.
#define PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define BARRIER(kind, predicate) autotower_state.runtime->barrier(emulator::BarrierKind::kind, predicate, file, line)
FUNCTION void __syncthreads(PLACE) { BARRIER(Wait, 0); }
FUNCTION void wait_for_other_blocks(PLACE) { autotower_state.runtime->grid(file, line); }
FUNCTION int __syncthreads_and(int predicate, PLACE) { return BARRIER(And, predicate != 0); }
FUNCTION int __syncthreads_or(int predicate, PLACE) { return BARRIER(Or, predicate != 0); }
FUNCTION int __syncthreads_count(int predicate, PLACE) { return BARRIER(Count, predicate != 0); }
#undef BARRIER
FUNCTION void __threadfence() {}
FUNCTION void __threadfence_block() {}

// Warps.
#define WARP_OPERATION(kind, value, operand, width) \
    autotower_state.runtime->warp(emulator::WarpKind::kind, mask, value, operand, width, file, line)
template <class T> FUNCTION unsigned long long autotower_to_word(T value) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles take values of four or eight bytes");
    if constexpr (sizeof(T) == 4) return __builtin_bit_cast(unsigned, value);
    else return __builtin_bit_cast(unsigned long long, value);
}
template <class T> FUNCTION T autotower_from_word(unsigned long long word) {
    if constexpr (sizeof(T) == 4) return __builtin_bit_cast(T, (unsigned)word);
    else return __builtin_bit_cast(T, word);
}
#define SHUFFLE(name, kind, type)                                                                      \
    template <class T> FUNCTION T name(unsigned mask, T value, type operand, int width = 32, PLACE) {  \
        return autotower_from_word<T>(WARP_OPERATION(kind, autotower_to_word(value), (int)operand, width)); \
    }
SHUFFLE(__shfl_sync, Index, int)
SHUFFLE(__shfl_up_sync, Up, unsigned)
SHUFFLE(__shfl_down_sync, Down, unsigned)
SHUFFLE(__shfl_xor_sync, Xor, int)
#undef SHUFFLE
FUNCTION void __syncwarp(unsigned mask = 0xffffffffu, PLACE) { WARP_OPERATION(Wait, 0, 0, 32); }
FUNCTION unsigned __ballot_sync(unsigned mask, int predicate, PLACE) { return (unsigned)WARP_OPERATION(Ballot, predicate != 0, 0, 32); }
FUNCTION int __any_sync(unsigned mask, int predicate, PLACE) { return WARP_OPERATION(Ballot, predicate != 0, 0, 32) != 0; }
FUNCTION int __all_sync(unsigned mask, int predicate, PLACE) { return WARP_OPERATION(Ballot, predicate == 0, 0, 32) == 0; }
#undef WARP_OPERATION
#undef PLACE

// Atomics return the value before.
#define ATOMIC(name, type, result) \
    FUNCTION type name(type* address, type value) { type old = *address; *address = (result); return old; }
#define ATOMICS(type)                                                 \
    ATOMIC(atomicAdd, type, old + value) ATOMIC(atomicExch, type, value)
#define INTEGER_ATOMICS(type)                                                                          \
    ATOMICS(type) ATOMIC(atomicMax, type, old < value ? value : old) ATOMIC(atomicMin, type, value < old ? value : old) \
    ATOMIC(atomicSub, type, old - value) ATOMIC(atomicAnd, type, old & value) ATOMIC(atomicOr, type, old | value)      \
    FUNCTION type atomicCAS(type* address, type expected, type value) {                                \
        type old = *address;                                                                           \
        if (old == expected) *address = value;                                                         \
        return old;                                                                                    \
    }
INTEGER_ATOMICS(int) INTEGER_ATOMICS(unsigned) INTEGER_ATOMICS(unsigned long long) ATOMICS(float) ATOMIC(atomicAdd, double, old + value)
#undef INTEGER_ATOMICS
#undef ATOMICS
#undef ATOMIC

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

// Mathematics: the C library's.
#define UNARY(name) extern "C" float name##f(float); extern "C" double name(double);
#define BINARY(name) extern "C" float name##f(float, float); extern "C" double name(double, double);
UNARY(exp) UNARY(exp2) UNARY(expm1) UNARY(log) UNARY(log2) UNARY(log10) UNARY(log1p) UNARY(sqrt) UNARY(tanh) UNARY(erf)
UNARY(sin) UNARY(cos) UNARY(fabs) UNARY(floor) UNARY(ceil) UNARY(round) UNARY(trunc) UNARY(rint)
BINARY(pow) BINARY(fmax) BINARY(fmin) BINARY(fmod) BINARY(copysign)
#undef UNARY
#undef BINARY
extern "C" float fmaf(float, float, float);
extern "C" double fma(double, double, double);
extern "C" int printf(const char*, ...);
FUNCTION float rsqrtf(float value) { return 1.0f / sqrtf(value); }
FUNCTION double rsqrt(double value) { return 1.0 / sqrt(value); }
FUNCTION float __fadd_rn(float a, float b) { return a + b; }
FUNCTION float __fsub_rn(float a, float b) { return a - b; }
FUNCTION float __fmul_rn(float a, float b) { return a * b; }
FUNCTION float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
FUNCTION bool isnan(float value) { return __builtin_isnan(value); }
FUNCTION bool isnan(double value) { return __builtin_isnan(value); }
FUNCTION bool isinf(float value) { return __builtin_isinf(value); }
FUNCTION bool isinf(double value) { return __builtin_isinf(value); }
FUNCTION bool isfinite(float value) { return __builtin_isfinite(value); }
FUNCTION bool isfinite(double value) { return __builtin_isfinite(value); }
#define MINIMUM_AND_MAXIMUM(type)                               \
    FUNCTION type min(type a, type b) { return b < a ? b : a; } \
    FUNCTION type max(type a, type b) { return a < b ? b : a; }
MINIMUM_AND_MAXIMUM(int) MINIMUM_AND_MAXIMUM(unsigned) MINIMUM_AND_MAXIMUM(long long) MINIMUM_AND_MAXIMUM(unsigned long long)
#undef MINIMUM_AND_MAXIMUM
FUNCTION float min(float a, float b) { return fminf(a, b); }
FUNCTION float max(float a, float b) { return fmaxf(a, b); }
FUNCTION double min(double a, double b) { return fmin(a, b); }
FUNCTION double max(double a, double b) { return fmax(a, b); }
#undef FUNCTION

// Conditional graph nodes: a handle is the address of its value.
extern "C" inline void cudaGraphSetConditional(unsigned long long handle, unsigned value) { *(unsigned*)handle = value; }

// clang's array bounds check (-fsanitize=bounds) calls this; its data begins with the place.
struct autotower_source_place {
    const char* file;
    unsigned line, column;
};
extern "C" __attribute__((used)) inline void __ubsan_handle_out_of_bounds_abort(autotower_source_place* place, unsigned long long) {
    autotower_state.runtime->fail(place->file, (int)place->line, "an array index is out of bounds");
}

// The table of kernels, which the compiler appends to the source.
namespace emulator {
template <auto Function> struct Entry;
template <class... P, void (*Function)(P...)> struct Entry<Function> {
    static constexpr int count = sizeof...(P);
    struct Layout {
        Parameter values[count + 1];
    };
    static constexpr Layout layout() {
        constexpr unsigned long long sizes[] = {sizeof(P)..., 0}, alignments[] = {alignof(P)..., 1};
        Layout result{};
        unsigned long long offset = 0;
        for (int i = 0; i < count; i++) {
            offset = (offset + alignments[i] - 1) / alignments[i] * alignments[i];
            result.values[i] = {offset, sizes[i]};
            offset += sizes[i];
        }
        return result;
    }
    static constexpr Layout parameters = layout();
    template <class, int... I> struct Indices {};
    template <int... I> static void call(void** arguments, Indices<int, I...>) { Function(*(P*)arguments[I]...); }
    static void run(void** arguments) { call(arguments, __make_integer_seq<Indices, int, count>()); }
    static constexpr Kernel entry(const char* name, int max_threads) { return {name, run, parameters.values, count, max_threads}; }
};
} // namespace emulator
