// Sum and average pooling over the masked history, and the mask of non-empty histories.
//
//   y[b] = sum of x[b, l] over the valid l, divided by their number for the average; 0 for an empty history
//   dx[b, l] += dy[b], divided likewise, at valid l
//
// x, dx (B*L, d), y, dy (B, d), lengths (B): of L positions the last lengths[b] are valid. Forward assigns, backward accumulates.
// Nothing is saved. A thread owns one element of the output.
#include "common/cuda.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;

extern "C" __global__ void __launch_bounds__(256) pooling_sum_forward(
    Matrix x, IntegerArray lengths, int average, int examples_per_block, Matrix y) {
    int first = blockIdx.x * examples_per_block;
    int examples = min(examples_per_block, y.rows - first);
    int length = x.rows / lengths.length;
    for (int element = threadIdx.x; element < examples * y.columns; element += THREADS) {
        int example = first + element / y.columns;
        int column = element % y.columns;
        int valid = lengths.data[example];
        float sum = 0;
        for (int l = length - valid; l < length; l++) {
            sum += x.row(example * length + l)[column];
        }
        y.row(example)[column] = average && valid > 1 ? sum / valid : sum;
    }
}

extern "C" __global__ void __launch_bounds__(256) pooling_sum_backward(
    Matrix dy, IntegerArray lengths, int average, int rows_per_block, Matrix dx) {
    long long first = (long long)blockIdx.x * rows_per_block;
    int rows = (int)min((long long)rows_per_block, dx.rows - first);
    int length = dx.rows / lengths.length;
    for (int element = threadIdx.x; element < rows * dx.columns; element += THREADS) {
        int row = (int)first + element / dx.columns;
        int column = element % dx.columns;
        int example = row / length;
        int valid = lengths.data[example];
        if (row % length >= length - valid) {
            float gradient = dy.row(example)[column];
            dx.row(row)[column] += average ? gradient / valid : gradient;
        }
    }
}

// y[b] = 1 where the history is not empty, else 0; y (B, 1).
extern "C" __global__ void __launch_bounds__(256) pooling_non_empty(IntegerArray lengths, Matrix y) {
    int example = blockIdx.x * THREADS + threadIdx.x;
    if (example < lengths.length) {
        y.row(example)[0] = lengths.data[example] > 0 ? 1 : 0;
    }
}
