// Rows of fp16 pairs for products on tensor cores (half_pair.cuh), made once a row and not by every warp that multiplies it.
#ifndef AUTOTOWER_PACKED_ROW_CUH
#define AUTOTOWER_PACKED_ROW_CUH

#include "common/half_pair.cuh"
#include "common/reduce.cuh"

// The blocks of threads of everything that works on tiles of rows.
constexpr int TILE_THREADS = 512;
constexpr int TILE_WARPS = TILE_THREADS / WARP;

// Distance between rows in shared memory for `width` columns: 16 modulo 32, so that the 16-byte loads of a fragment meet 32 banks.
__host__ __device__ constexpr int padded(int width) { return (width + 31) / 32 * 32 + 16; }

__device__ __forceinline__ unsigned largest_bits(const float4& value) { // Magnitudes compare like their bits.
    return max(max(__float_as_uint(value.x) & 0x7fffffffu, __float_as_uint(value.y) & 0x7fffffffu),
               max(__float_as_uint(value.z) & 0x7fffffffu, __float_as_uint(value.w) & 0x7fffffffu));
}

// Where a packed weight has the four values of k from 4 `quad` on of a column; in units of 16 bytes. Every 16 values of k of every 8 columns lie
// as a warp's lanes take them: 512 bytes side by side, which the L1 cache hands over in four turns. In rows of columns it takes sixteen.
__device__ __forceinline__ long long packed_place(int quad, int column, int columns) {
    return (long long)(quad / 4) * 4 * columns + column / 8 * WARP + column % 8 * 4 + quad % 4;
}

// Turns a row of `width` floats, a multiple of 4, into pairs scaled by a power of two, so that the largest lies in [2^13, 2^14), and
// fills the rest of the last 16 with zeros; by one warp. They may take the floats' own place. Returns what a product with weights is
// multiplied by to undo both scales.
__device__ __forceinline__ float pack_row(const float* row, float* packed, int width) {
    // A lane's first four columns, of most rows the only ones, stay in registers.
    const int own = 4 * lane_index();
    float4 first = make_float4(0, 0, 0, 0);
    if (own < width) {
        first = *reinterpret_cast<const float4*>(row + own);
    }
    unsigned largest = largest_bits(first);
    #pragma unroll 1
    for (int column = own + 4 * WARP; column < width; column += 4 * WARP) {
        largest = max(largest, largest_bits(*reinterpret_cast<const float4*>(row + column)));
    }
    const float scale = pair_scale(warp_max(largest));
    const int filled = (width + 15) & ~15;
    #pragma unroll 1
    for (int column = own; column < filled; column += 4 * WARP) {
        float4 value = first;
        if (column > own) {
            value = column < width ? *reinterpret_cast<const float4*>(row + column) : make_float4(0, 0, 0, 0);
        }
        *reinterpret_cast<uint4*>(packed + column) = to_pairs<true>(value.x * scale, value.y * scale, value.z * scale, value.w * scale);
    }
    return undo(scale) / WEIGHT_SCALE;
}

#endif
