// Rows of 64 values as fp16 pairs (half_pair.cuh) that ldmatrix reads: 64 high parts, then 64 low parts, all scaled by WEIGHT_SCALE. One copy
// in shared memory is an operand in three ways: rows of the result (u in u vᵀ), columns of it (v in u vᵀ), and what is summed over (v in g v).
// Without EXACT low parts are neither read nor multiplied.
#ifndef AUTOTOWER_HALF_ROWS_CUH
#define AUTOTOWER_HALF_ROWS_CUH

#include "common/packed_row.cuh"

constexpr int HALF_ROW_WIDTH = 64;
constexpr int HALF_ROW_BYTES = 2 * 2 * HALF_ROW_WIDTH;
constexpr int HALF_ROW_LOW = 2 * HALF_ROW_WIDTH; // where the low parts start, in bytes

// Distance between rows in shared memory: 16 modulo 128 bytes, so that eight rows of a matrix meet 32 banks.
constexpr int HALF_ROW_STRIDE = HALF_ROW_BYTES + 16;

// What the functions below load from: 16 rows.
constexpr int HALF_TILE_ROWS = 16;
constexpr int HALF_TILE_BYTES = HALF_TILE_ROWS * HALF_ROW_STRIDE;

// Columns 4i to 4i + 3 of a row.
__device__ __forceinline__ void store_half_row(unsigned char* row, int i, float4 value) {
    const uint4 pairs = to_pairs<true>(value.x * WEIGHT_SCALE, value.y * WEIGHT_SCALE, value.z * WEIGHT_SCALE, value.w * WEIGHT_SCALE);
    *reinterpret_cast<uint2*>(row + 8 * i) = make_uint2(pairs.x, pairs.y);
    *reinterpret_cast<uint2*>(row + HALF_ROW_LOW + 8 * i) = make_uint2(pairs.z, pairs.w);
}

// c + small += a b for one of the two tiles of b. Products with low parts are added to small, which may be c; where it is not, the sums wait
// for each other half as long. LEFT_FIRST: those with the low parts of a come first.
template <bool EXACT, bool LEFT_FIRST>
__device__ __forceinline__ void multiply_add_pairs(float (&c)[4], float (&small)[4], const HalfPairs& a, const HalfPairs& b, int tile) {
    if (EXACT) {
        if (LEFT_FIRST) {
            multiply_add(small, a.low, b.high[2 * tile], b.high[2 * tile + 1], small);
        }
        multiply_add(small, a.high, b.low[2 * tile], b.low[2 * tile + 1], small);
        if (!LEFT_FIRST) {
            multiply_add(small, a.low, b.high[2 * tile], b.high[2 * tile + 1], small);
        }
    }
    multiply_add(c, a.high, b.high[2 * tile], b.high[2 * tile + 1], c);
}

// 16 rows as rows of the result: A for columns 16 k to 16 k + 15 of the rows.
template <bool EXACT> __device__ __forceinline__ void load_half_rows(HalfPairs& a, SharedAddress rows, int k) {
    const int lane = lane_index();
    const SharedAddress own = rows + lane % 16 * HALF_ROW_STRIDE + 32 * k + lane / 16 * 16;
    load_matrices(a.high, own);
    if (EXACT) {
        load_matrices(a.low, own + HALF_ROW_LOW);
    }
}

// 16 rows as columns of the result, two tiles of 8: B for columns 16 k to 16 k + 15 of the rows.
template <bool EXACT> __device__ __forceinline__ void load_half_columns(HalfPairs& b, SharedAddress rows, int k) {
    const int lane = lane_index();
    const SharedAddress own = rows + (lane % 8 + lane / 16 * 8) * HALF_ROW_STRIDE + 32 * k + lane / 8 % 2 * 16;
    load_matrices(b.high, own);
    if (EXACT) {
        load_matrices(b.low, own + HALF_ROW_LOW);
    }
}

// 16 rows as what is summed over: B for columns 16 j to 16 j + 15 of the rows and of the result, two tiles of 8.
template <bool EXACT> __device__ __forceinline__ void load_half_depth(HalfPairs& b, SharedAddress rows, int j) {
    const int lane = lane_index();
    const SharedAddress own = rows + lane % 16 * HALF_ROW_STRIDE + 32 * j + lane / 16 * 16;
    load_matrices_transposed(b.high, own);
    if (EXACT) {
        load_matrices_transposed(b.low, own + HALF_ROW_LOW);
    }
}

#endif
