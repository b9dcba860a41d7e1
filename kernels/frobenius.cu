// The Frobenius norm as a penalty.
//
//   norm = |x|   loss += coefficient |x|   dx += coefficient x / |x|, nothing where the norm is 0
//
// x, dx (N, D), norm, loss (1, 1). Forward assigns norm and adds to loss; backward adds to dx. Squares are summed in double: per thread,
// per block, and over the blocks in order by the last one to end.
#include "common/completion.cuh"
#include "common/cuda.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;

extern "C" __global__ void __launch_bounds__(256) frobenius_forward(
    Matrix x, float coefficient, int rows_per_block, float* norm, float* loss, double* partials, int* counter) {
    int first = blockIdx.x * rows_per_block;
    int rows = min(rows_per_block, x.rows - first);
    double sum = 0;
    for (int element = threadIdx.x; element < rows * x.columns; element += THREADS) {
        double value = x.row(first + element / x.columns)[element % x.columns];
        sum += value * value;
    }
    sum = block_sum<THREADS>(sum);
    if (threadIdx.x == 0) {
        partials[blockIdx.x] = sum;
    }
    if (is_last_block(counter, gridDim.x)) {
        double total = 0;
        for (int block = threadIdx.x; block < (int)gridDim.x; block += THREADS) {
            total += partials[block];
        }
        total = sqrt(block_sum<THREADS>(total));
        if (threadIdx.x == 0) {
            *norm = (float)total;
            *loss += (float)(coefficient * total);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) frobenius_backward(
    Matrix x, float coefficient, const float* norm, int rows_per_block, Matrix dx) {
    float value = *norm;
    if (value == 0) {
        return;
    }
    int first = blockIdx.x * rows_per_block;
    int rows = min(rows_per_block, x.rows - first);
    for (int element = threadIdx.x; element < rows * x.columns; element += THREADS) {
        int row = first + element / x.columns;
        int column = element % x.columns;
        dx.row(row)[column] += coefficient / value * x.row(row)[column];
    }
}
