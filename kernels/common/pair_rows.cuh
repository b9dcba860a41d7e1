// Matrices of fp16 pairs (half_pair.cuh) in shared memory that ldmatrix reads as they are or turned over, so that one copy, split once, is any
// operand of a product: rows or columns of the result, or what is summed over. Eight columns take the place of eight floats: 16 bytes of high
// parts, then 16 bytes of low parts. Rows lie pair_stride floats apart, 16 modulo 32 bytes: eight rows of a matrix meet 32 banks.
//
// Every matrix has one scale, a power of two, since rows of different scales could not be summed over. Where the largest magnitude is not
// known yet when values are split, a bound takes its place: a value loses bits only where it is below 2^-16 of the bound.
#ifndef AUTOTOWER_PAIR_ROWS_CUH
#define AUTOTOWER_PAIR_ROWS_CUH

#include "common/half_pair.cuh"

__host__ __device__ constexpr int round8(int value) { return (value + 7) / 8 * 8; }
__host__ __device__ constexpr int pair_stride(int width) { return round8(width) + 4; }

// The scale for values below a bound.
__device__ __forceinline__ float scale_below(float bound) { return pair_scale(__float_as_uint(bound)); }

// Columns 4i to 4i + 3 of a row, scaled already. They may take the place of floats, once all of the eight columns' lanes have read theirs.
template <bool EXACT> __device__ __forceinline__ void store_quad_pairs(float* row, int column, float4 value) {
    const uint4 pairs = to_pairs<EXACT>(value.x, value.y, value.z, value.w);
    float* place = row + column - (column & 4) / 2;
    *reinterpret_cast<uint2*>(place) = make_uint2(pairs.x, pairs.y);
    *reinterpret_cast<uint2*>(place + 4) = make_uint2(pairs.z, pairs.w);
}

// The same columns as floats, still scaled.
__device__ __forceinline__ float4 load_quad_pairs(const float* row, int column) {
    const float* place = row + column - (column & 4) / 2;
    const uint2 high = *reinterpret_cast<const uint2*>(place);
    const uint2 low = *reinterpret_cast<const uint2*>(place + 4);
    const float2 a = from_halves(high.x);
    const float2 b = from_halves(high.y);
    const float2 c = from_halves(low.x);
    const float2 d = from_halves(low.y);
    return make_float4(a.x + c.x, a.y + c.y, b.x + d.x, b.y + d.y);
}

// Columns 2q and 2q + 1 of the eight from `eight` on, as a lane with q = lane % 4 has them in its results.
template <bool EXACT> __device__ __forceinline__ void store_result_pairs(float* eight, float a, float b) {
    unsigned* place = reinterpret_cast<unsigned*>(eight) + lane_index() % 4;
    const unsigned high = to_halves(a, b);
    place[0] = high;
    if (EXACT) {
        const float2 rounded = from_halves(high);
        place[4] = to_halves(a - rounded.x, b - rounded.y);
    } else {
        place[4] = 0;
    }
}

struct PairRows {
    const float* rows;
    int stride;
};

// Which of two elements k, k + 1 of a register count.
__device__ __forceinline__ unsigned depth_mask(int k, int depth) {
    return (k < depth ? 0xffffu : 0) | (k + 1 < depth ? 0xffff0000u : 0);
}

// Zeros for elements that don't count. Every STEP registers the first and the second eight values of k take turns.
template <bool EXACT, int STEP> __device__ __forceinline__ void keep_depth(HalfPairs& pairs, unsigned first, unsigned second) {
    #pragma unroll
    for (int i = 0; i < 4; i++) {
        const unsigned mask = i / STEP % 2 == 0 ? first : second;
        pairs.high[i] &= mask;
        if (EXACT) {
            pairs.low[i] &= mask;
        }
    }
}

// What an operand is to the product: its rows are rows or columns of the result (AS_ROWS), or what is summed over (AS_DEPTH).
enum PairUse { AS_ROWS, AS_DEPTH };

// result(row)(column, a, b) gets elements (row, column) and (row, column + 1) of left times right, (m, n), still scaled by both scales;
// column is even, and n may be odd. Depth is what both operands have in common; what lies beyond it in rows of either has no effect. Tasks of
// 16 rows and 16 WIDE columns go to WARPS warps in turn from task `start`; returns the number of tasks. Rows of both are readable up to
// four floats past their stride.
template <bool EXACT, int WARPS, int WIDE, PairUse LEFT, PairUse RIGHT, class Result>
__device__ __forceinline__ int pair_product(int start, PairRows left, int m, PairRows right, int n, int depth, Result result) {
    const int groups = (n + 16 * WIDE - 1) / (16 * WIDE);
    const int tasks = (m + 15) / 16 * groups;
    const int lane = lane_index();
    const int lower = lane % 8 + lane / 16 * 8; // Rows of four 8 x 8 matrices: of the first and second the first eight,
    const int block = lane / 8 % 2 * 32;        // of which the second lies eight columns further;
    const int alternate = lane % 16;            // or the other way round.
    const int alternate_block = lane / 16 * 32;
    const int q = lane % 4;
    const int left_stride = 4 * left.stride;
    const int right_stride = 4 * right.stride;
    #pragma unroll 1
    for (int task = (warp_index() + WARPS - start % WARPS) % WARPS; task < tasks; task += WARPS) {
        const int first_m = task / groups * 16;
        const int first_n = task % groups * (16 * WIDE);
        float c[2 * WIDE][4] = {};
        SharedAddress a_address = shared_address(left.rows);
        if (LEFT == AS_ROWS) {
            a_address += min(first_m + alternate, m - 1) * left_stride + alternate_block;
        } else {
            a_address += 4 * first_m + block;
        }
        SharedAddress b_address[WIDE];
        #pragma unroll
        for (int j = 0; j < WIDE; j++) {
            b_address[j] = shared_address(right.rows);
            if (RIGHT == AS_ROWS) {
                b_address[j] += min(first_n + 16 * j + lower, n - 1) * right_stride + block;
            } else {
                b_address[j] += 4 * (first_n + 16 * j) + alternate_block;
            }
        }
        #pragma unroll 1
        for (int k = 0; k < depth; k += 16) {
            HalfPairs a;
            const SharedAddress a_own = a_address + (LEFT == AS_ROWS ? 4 * k : min(k + lower, depth - 1) * left_stride);
            const int b_step = RIGHT == AS_ROWS ? 4 * k : min(k + alternate, depth - 1) * right_stride;
            if (LEFT == AS_ROWS) {
                load_matrices(a.high, a_own);
                if (EXACT) {
                    load_matrices(a.low, a_own + 16);
                }
            } else {
                load_matrices_transposed(a.high, a_own);
                if (EXACT) {
                    load_matrices_transposed(a.low, a_own + 16);
                }
            }
            const bool ends = k + 16 > depth;
            if (ends) {
                keep_depth<EXACT, 2>(a, depth_mask(k + 2 * q, depth), depth_mask(k + 2 * q + 8, depth));
            }
            #pragma unroll
            for (int j = 0; j < WIDE; j++) {
                if (first_n + 16 * j >= n) {
                    break;
                }
                HalfPairs b;
                if (RIGHT == AS_ROWS) {
                    load_matrices(b.high, b_address[j] + b_step);
                    if (EXACT) {
                        load_matrices(b.low, b_address[j] + b_step + 16);
                    }
                } else {
                    load_matrices_transposed(b.high, b_address[j] + b_step);
                    if (EXACT) {
                        load_matrices_transposed(b.low, b_address[j] + b_step + 16);
                    }
                }
                // Rows past the end stood in for by the last one meet zeros in a; but columns past the end may be no numbers at all.
                if (RIGHT == AS_ROWS && ends) {
                    keep_depth<EXACT, 1>(b, depth_mask(k + 2 * q, depth), depth_mask(k + 2 * q + 8, depth));
                }
                if (EXACT) {
                    multiply_add(c[2 * j], a.low, b.high[0], b.high[1], c[2 * j]);
                    multiply_add(c[2 * j + 1], a.low, b.high[2], b.high[3], c[2 * j + 1]);
                    multiply_add(c[2 * j], a.high, b.low[0], b.low[1], c[2 * j]);
                    multiply_add(c[2 * j + 1], a.high, b.low[2], b.low[3], c[2 * j + 1]);
                }
                multiply_add(c[2 * j], a.high, b.high[0], b.high[1], c[2 * j]);
                multiply_add(c[2 * j + 1], a.high, b.high[2], b.high[3], c[2 * j + 1]);
            }
        }
        #pragma unroll
        for (int half = 0; half < 2; half++) {
            const int row = first_m + lane / 4 + 8 * half;
            if (row < m) {
                const auto place = result(row);
                #pragma unroll
                for (int j = 0; j < 2 * WIDE; j++) {
                    const int column = first_n + 8 * j + 2 * q;
                    if (column < n) {
                        place(column, c[j][2 * half], c[j][2 * half + 1]);
                    }
                }
            }
        }
    }
    return start + tasks;
}

// result(column, a, b) gets the sums over all rows of columns `column` and the one behind, still scaled.
template <bool EXACT, int WARPS, class Result>
__device__ __forceinline__ void pair_column_sums(int start, PairRows matrix, int columns, int rows, Result result) {
    constexpr unsigned ONES = 0x3c003c00u;
    const int lane = lane_index();
    const int q = lane % 4;
    const int tasks = (columns + 15) / 16;
    #pragma unroll 1
    for (int task = (warp_index() + WARPS - start % WARPS) % WARPS; task < tasks; task += WARPS) {
        float c[2][4] = {};
        const SharedAddress address = shared_address(matrix.rows) + 64 * task + lane / 16 * 32;
        #pragma unroll 1
        for (int k = 0; k < rows; k += 16) {
            const unsigned counts[2] = {depth_mask(k + 2 * q, rows) & ONES, depth_mask(k + 2 * q + 8, rows) & ONES};
            const unsigned a[4] = {counts[0], counts[0], counts[1], counts[1]};
            const SharedAddress own = address + min(k + lane % 16, rows - 1) * 4 * matrix.stride;
            unsigned b[4];
            if (EXACT) {
                load_matrices_transposed(b, own + 16);
                multiply_add(c[0], a, b[0], b[1], c[0]);
                multiply_add(c[1], a, b[2], b[3], c[1]);
            }
            load_matrices_transposed(b, own);
            multiply_add(c[0], a, b[0], b[1], c[0]);
            multiply_add(c[1], a, b[2], b[3], c[1]);
        }
        #pragma unroll
        for (int j = 0; j < 2; j++) {
            const int column = 16 * task + 8 * j + 2 * q;
            if (lane < 4 && column < columns) {
                result(column, c[j][0], c[j][1]);
            }
        }
    }
}

#endif
