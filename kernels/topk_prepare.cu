// Exact top-K, preparation: what screening on tensor cores reads.
//
// A vector is scaled by a power of two, items by one for all so that the largest norm lies in [1/2, 1), queries each so that its own does; a scaled
// vector v is screened as v' = fp16(v). For a query x and an item y, Cauchy-Schwarz gives
//   |x.y - x'.y'| <= |x - x'| |y| + |x'| |y - y'|,
// and sums in float32, on tensor cores or in the chain that defines scores, add at most a multiple of |x| |y| + |bias|. With the largest
// |y|, |y - y'| and |bias| of all items this makes one margin per query: a score, scaled like its query and the items, and its estimate differ
// by no more. Items for which no finite bound holds (an element or a bias that is not finite, a norm out of range) get a zero vector and +infinity
// as screening bias: they are candidates always. Items that are not allowed get -infinity: never.
//
// Norms are formed in double and rounded up: no square can leave double's range.
#include "common/cuda.cuh"
#include "common/half.cuh"
#include "common/ranking.cuh"
#include "common/reduce.cuh"

constexpr int THREADS = 256;
constexpr float LARGEST_NORM = 1e18f; // Products of two norms stay far inside float's range.

// A float that is at least the square root of `square`.
__device__ __forceinline__ float root_above(double square) { return (float)(sqrt(square) * 1.000001) + 1e-38f; }

// The power of two that brings a norm into [1/2, 1); one where there is nothing to scale. Never above 2^60, so that a
// scaled bias stays in range; what is smaller still loses digits, which the margins know.
__device__ __forceinline__ float scale_of(float norm) {
    const int exponent = (int)(__float_as_uint(norm) >> 23); // of a positive float, 127 for 1
    return norm > 0 ? __uint_as_float((unsigned)min(253 - exponent, 127 + 60) << 23) : 1.0f;
}

// What is known of the items that can be bounded; zero before, maxima of positive floats after, which are ordered as their bits.
struct Bounds {
    float norm; // |y|, not scaled
    float rest; // |y - y'|, scaled like all that follows
    float bias;

    __device__ __forceinline__ float scale() const { return scale_of(norm); }
};

__device__ __forceinline__ void raise(float* largest, float value) {
    value = block_max<THREADS>(value);
    if (threadIdx.x == 0) {
        atomicMax(reinterpret_cast<int*>(largest), __float_as_int(value));
    }
}

__device__ __forceinline__ double squared_norm(const Items& items, int row) {
    double square = 0;
    for (int column = lane_index(); column < items.columns; column += WARP) {
        const float value = items.element(row, column);
        square += (double)value * value;
    }
    return warp_sum(square);
}

__device__ __forceinline__ bool can_be_bounded(double square, float bias) {
    return square < (double)LARGEST_NORM * LARGEST_NORM && fabsf(bias) < LARGEST_NORM; // false for NaN
}

// First, bounds->norm.
extern "C" __global__ void __launch_bounds__(256) topk_measure_items(Items items, Bounds* bounds) {
    float largest = 0.0f;
    int warps = (int)(grid_threads() / WARP);
    for (int row = (int)(grid_thread() / WARP); row < items.rows; row += warps) {
        const double square = squared_norm(items, row);
        if (can_be_bounded(square, items.bias == nullptr ? 0.0f : items.bias[row])) {
            largest = fmaxf(largest, root_above(square));
        }
    }
    raise(&bounds->norm, largest);
}

// Then screen (padded rows, depth) in fp16, assigned, zeros beyond the items; screen_bias (padded rows), assigned; the other bounds.
extern "C" __global__ void __launch_bounds__(256) topk_prepare_items(
    Items items, unsigned short* screen, float* screen_bias, Bounds* bounds, int padded_rows, int depth) {
    const float scale = bounds->scale();
    float largest_rest = 0.0f;
    float largest_bias = 0.0f;
    int warps = (int)(grid_threads() / WARP);
    for (int row = (int)(grid_thread() / WARP); row < padded_rows; row += warps) {
        unsigned short* to = screen + (long long)row * depth;
        bool inside = row < items.rows;
        float bias = inside && items.bias != nullptr ? items.bias[row] : 0.0f;
        bool bounded = inside && can_be_bounded(squared_norm(items, row), bias);
        double rest_square = 0;
        for (int column = lane_index(); column < depth; column += WARP) {
            const float value = bounded && column < items.columns ? items.element(row, column) * scale : 0.0f;
            const unsigned half = to_halves(value, 0.0f);
            const float rest = value - from_halves(half).x;
            rest_square += (double)rest * rest;
            to[column] = (unsigned short)half;
        }
        rest_square = warp_sum(rest_square);
        if (lane_index() == 0) {
            screen_bias[row] = !inside || !items.is_allowed(row) ? -infinity() : bounded ? bias * scale : infinity();
        }
        if (bounded) {
            largest_rest = fmaxf(largest_rest, root_above(rest_square));
            largest_bias = fmaxf(largest_bias, fabsf(bias) * scale);
        }
    }
    raise(&bounds->rest, largest_rest);
    raise(&bounds->bias, largest_bias);
}

// screen (padded rows, depth), assigned, zeros beyond the queries; scales (padded rows); margins, counts (0) and limits (-infinity) of the N
// queries, assigned; overflowed[0] = 0.
extern "C" __global__ void __launch_bounds__(256) topk_prepare_queries(
    const float* queries, int rows, int columns, int stride, const Bounds* bounds, unsigned short* screen, float* scales, float* margins,
    int* counts, float* limits, int* overflowed, int padded_rows, int depth) {
    int row = (int)(grid_thread() / WARP);
    if (row >= padded_rows) {
        return;
    }
    if (grid_thread() == 0) {
        overflowed[0] = 0;
    }
    unsigned short* to = screen + (long long)row * depth;
    const auto element = [&](int column) { return row < rows && column < columns ? queries[(long long)row * stride + column] : 0.0f; };
    double square = 0;
    for (int column = lane_index(); column < depth; column += WARP) {
        square += (double)element(column) * element(column);
    }
    square = warp_sum(square);
    const bool bounded = square < (double)LARGEST_NORM * LARGEST_NORM;
    // A query next to zero beside a large bias is scaled less, so that the scaled bias stays in range.
    const float scale = bounded ? fminf(scale_of(root_above(square)), 1e30f / fmaxf(bounds->bias, 1.0f)) : 1.0f;
    const float power = __uint_as_float(__float_as_uint(scale) & 0x7f800000u);
    double scaled_square = 0;
    double rest_square = 0;
    double screened_square = 0;
    for (int column = lane_index(); column < depth; column += WARP) {
        const float value = bounded ? element(column) * power : 0.0f;
        const unsigned half = to_halves(value, 0.0f);
        const float screened = from_halves(half).x;
        const float rest = value - screened;
        scaled_square += (double)value * value;
        rest_square += (double)rest * rest;
        screened_square += (double)screened * screened;
        to[column] = (unsigned short)half;
    }
    scaled_square = warp_sum(scaled_square);
    rest_square = warp_sum(rest_square);
    screened_square = warp_sum(screened_square);
    if (lane_index() == 0) {
        scales[row] = power;
    }
    if (lane_index() == 0 && row < rows) {
        const float item_norm = bounds->norm * bounds->scale();
        float size = root_above(scaled_square) * item_norm * 1.01f + bounds->bias * power;
        float rounding = root_above(rest_square) * item_norm + root_above(screened_square) * bounds->rest;
        // Either sum makes at most depth + 1 errors of 2^-24 (the chain) or, with room for how tensor cores align summands, 2^-21; products
        // that underflow, in the chain before it is scaled, are covered by the constants.
        float summing = size * (float)(depth + 8) * (1.0f / (1 << 21)) + 1e-34f + 1e-40f * power * bounds->scale();
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
