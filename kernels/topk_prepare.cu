// Exact top-K, preparation: what screening on tensor cores reads. Margins: common/screening.cuh.
#include "common/cuda.cuh"
#include "common/half.cuh"
#include "common/ranking.cuh"
#include "common/reduce.cuh"
#include "common/screening.cuh"

constexpr int THREADS = 256;

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
    int row = (int)(grid_thread() / SCREEN_LANES);
    if (row >= padded_rows) {
        return;
    }
    if (grid_thread() == 0) {
        overflowed[0] = 0;
    }
    unsigned short* to = screen + (long long)row * depth;
    const auto element = [&](int column) { return row < rows && column < columns ? queries[(long long)row * stride + column] : 0.0f; };
    const ScreenedQuery query = screen_query(element, depth, *bounds, to);
    const bool writes = lane_index() % SCREEN_LANES == 0;
    if (writes) {
        scales[row] = query.scale;
    }
    if (writes && row < rows) {
        margins[row] = query.margin;
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
