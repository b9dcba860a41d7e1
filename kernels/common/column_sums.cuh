// Sums over rows, for gradients of biases: sums[column] += sum over rows of value(row, column). A block sums 32 columns of one chunk of
// rows; the last block of a group of columns to finish adds up the chunks in order, so that results repeat bit by bit.
#ifndef AUTOTOWER_COLUMN_SUMS_CUH
#define AUTOTOWER_COLUMN_SUMS_CUH

#include "common/completion.cuh"
#include "common/cuda.cuh"

constexpr int COLUMN_SUM_THREADS = 256;

// In warp 0: the sum of the lanes of the same number, in the order of the warps.
__device__ __forceinline__ float sum_over_warps(float value) {
    constexpr int WARPS = COLUMN_SUM_THREADS / WARP;
    __shared__ float of_warp[WARPS][WARP];
    of_warp[warp_index()][lane_index()] = value;
    __syncthreads();
    float total = 0;
    if (warp_index() == 0) {
        for (int warp = 0; warp < WARPS; warp++) {
            total += of_warp[warp][lane_index()];
        }
    }
    __syncthreads();
    return total;
}

// Grid (columns / 32, chunks) of COLUMN_SUM_THREADS. partials (chunks, columns) and one counter, zero before and after, for each group of
// columns are used where there are several chunks.
template <class Value>
__device__ __forceinline__ void add_column_sums(Value value, int rows, int columns, float* partials, int* counters, float* sums) {
    constexpr int WARPS = COLUMN_SUM_THREADS / WARP;
    int chunks = gridDim.y;
    int chunk = blockIdx.y;
    int column = blockIdx.x * WARP + lane_index();
    int rows_a_chunk = (rows + chunks - 1) / chunks;
    int end = min(rows, (chunk + 1) * rows_a_chunk);
    float sum = 0;
    if (column < columns) {
#pragma unroll 8
        for (int row = chunk * rows_a_chunk + warp_index(); row < end; row += WARPS) {
            sum += value(row, column);
        }
    }
    sum = sum_over_warps(sum);
    bool writes = warp_index() == 0 && column < columns;
    if (chunks == 1) {
        if (writes) {
            sums[column] += sum;
        }
        return;
    }
    if (writes) {
        partials[(long long)chunk * columns + column] = sum;
    }
    if (!is_last_block(&counters[blockIdx.x], chunks)) {
        return;
    }
    sum = 0;
    if (column < columns) {
        for (int other = warp_index(); other < chunks; other += WARPS) {
            sum += partials[(long long)other * columns + column];
        }
    }
    sum = sum_over_warps(sum);
    if (writes) {
        sums[column] += sum;
    }
}

#endif
