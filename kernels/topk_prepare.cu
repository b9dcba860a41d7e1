// Exact top-K, preparation: what screening on tensor cores reads.
//
// A vector v is screened as v' = bfloat16(v), with denormals flushed. For a query x and an item y, Cauchy-Schwarz gives
//   |x.y - x'.y'| <= |x - x'| |y| + |x'| |y - y'|,
// and sums in float32, on tensor cores or in the chain that defines scores, add at most a multiple of |x| |y| + |bias|. With the largest
// |y|, |y - y'| and |bias| of all items this makes one margin per query: a score and its estimate differ by no more. Items for which no
// finite bound holds (an element or a bias that is not finite, a norm out of range) get a zero vector and +infinity as screening bias: they
// are candidates always. Items that are not allowed get -infinity: never.
//
// Norms are formed in double and rounded up: no square can leave double's range.
#include "common/cuda.cuh"
#include "common/ranking.cuh"
#include "common/reduce.cuh"

constexpr int THREADS = 256;
constexpr float LARGEST_NORM = 1e18f; // Products of two norms stay far inside float's range.

// A float that is at least the square root of `square`.
__device__ __forceinline__ float root_above(double square) { return (float)(sqrt(square) * 1.000001) + 1e-38f; }

// screen (padded rows, depth) in bfloat16, assigned, zeros beyond the items; screen_bias (padded rows), assigned; largest[0..2]: largest
// |y|, |y - y'|, |bias| of the items that can be bounded, to be zero before.
extern "C" __global__ void __launch_bounds__(256) topk_prepare_items(
    Items items, unsigned short* screen, float* screen_bias, float* largest, int padded_rows, int depth) {
    float largest_norm = 0.0f;
    float largest_rest = 0.0f;
    float largest_bias = 0.0f;
    int warps = (int)(grid_threads() / WARP);
    for (int row = (int)(grid_thread() / WARP); row < padded_rows; row += warps) {
        unsigned short* to = screen + (long long)row * depth;
        bool inside = row < items.rows;
        double square = 0;
        double rest_square = 0;
        if (inside) {
            for (int column = lane_index(); column < items.columns; column += WARP) {
                float value = items.element(row, column);
                float rest = value - from_bfloat16(to_bfloat16(value));
                square += (double)value * value;
                rest_square += (double)rest * rest;
            }
        }
        square = warp_sum(square);
        rest_square = warp_sum(rest_square);
        float bias = inside && items.bias != nullptr ? items.bias[row] : 0.0f;
        bool bounded = square < (double)LARGEST_NORM * LARGEST_NORM && fabsf(bias) < LARGEST_NORM; // false for NaN
        for (int column = lane_index(); column < depth; column += WARP) {
            bool real = inside && bounded && column < items.columns;
            to[column] = (unsigned short)(real ? to_bfloat16(items.element(row, column)) : 0u);
        }
        if (lane_index() == 0) {
            screen_bias[row] = !inside || !items.is_allowed(row) ? -infinity() : bounded ? bias : infinity();
        }
        if (inside && bounded) {
            largest_norm = fmaxf(largest_norm, root_above(square));
            largest_rest = fmaxf(largest_rest, root_above(rest_square));
            largest_bias = fmaxf(largest_bias, fabsf(bias));
        }
    }
    // Positive floats are ordered as their bits.
    largest_norm = block_max<THREADS>(largest_norm);
    largest_rest = block_max<THREADS>(largest_rest);
    largest_bias = block_max<THREADS>(largest_bias);
    if (threadIdx.x == 0) {
        atomicMax(reinterpret_cast<int*>(largest), __float_as_int(largest_norm));
        atomicMax(reinterpret_cast<int*>(largest + 1), __float_as_int(largest_rest));
        atomicMax(reinterpret_cast<int*>(largest + 2), __float_as_int(largest_bias));
    }
}

// screen (padded rows, depth), assigned, zeros beyond the queries; margins, counts (0) and limits (-infinity) of the N queries, assigned;
// overflowed[0] = 0.
extern "C" __global__ void __launch_bounds__(256) topk_prepare_queries(
    const float* queries, int rows, int columns, int stride, const float* largest, unsigned short* screen, float* margins, int* counts,
    float* limits, int* overflowed, int padded_rows, int depth) {
    int row = (int)(grid_thread() / WARP);
    if (row >= padded_rows) {
        return;
    }
    if (grid_thread() == 0) {
        overflowed[0] = 0;
    }
    unsigned short* to = screen + (long long)row * depth;
    double square = 0;
    double rest_square = 0;
    double screened_square = 0;
    for (int column = lane_index(); column < depth; column += WARP) {
        float value = row < rows && column < columns ? queries[(long long)row * stride + column] : 0.0f;
        unsigned half = to_bfloat16(value);
        float screened = from_bfloat16(half);
        float rest = value - screened;
        square += (double)value * value;
        rest_square += (double)rest * rest;
        screened_square += (double)screened * screened;
        to[column] = (unsigned short)half;
    }
    square = warp_sum(square);
    rest_square = warp_sum(rest_square);
    screened_square = warp_sum(screened_square);
    if (lane_index() == 0 && row < rows) {
        bool bounded = square < (double)LARGEST_NORM * LARGEST_NORM;
        float size = root_above(square) * largest[0] * 1.01f + largest[2];
        float rounding = root_above(rest_square) * largest[0] + root_above(screened_square) * largest[1];
        // Either sum makes at most depth + 1 errors of 2^-24 (the chain) or, with room for how tensor cores align summands, 2^-21; products
        // that underflow are covered by the constant.
        float summing = size * (float)(depth + 8) * (1.0f / (1 << 21)) + 1e-34f;
        margins[row] = bounded ? (rounding + summing) * 1.00001f : infinity();
        counts[row] = 0;
        limits[row] = -infinity();
    }
}

// What a search without screening starts from: counts 0, limits -infinity, overflowed[0] = 0.
extern "C" __global__ void __launch_bounds__(256) topk_begin_queries(int* counts, float* limits, int rows, int* overflowed) {
    int row = (int)grid_thread();
    if (row == 0) {
        overflowed[0] = 0;
    }
    if (row < rows) {
        counts[row] = 0;
        limits[row] = -infinity();
    }
}
