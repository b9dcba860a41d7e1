// Batch norm with the ReLU behind it; x, y (B, D), eps 1e-5. A block owns 8 neighbouring columns (one 32-byte sector of every row), so that
// statistics and application are one launch and sums have a fixed order.
//
// Forward (training): y = relu(gamma (x - mean) / sqrt(var + eps) + beta), biased variance; running statistics move by `momentum`, with
// the unbiased variance. Assigns y and saved (2, D): mean, inverse deviation.
// Backward: g = dy where y > 0; dbeta += sum g; dgamma += sum g xhat; dx += gamma inverse (g - (sum g + xhat sum g xhat) / B).
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 1024;
constexpr int COLUMNS = 8;
constexpr int ROWS = THREADS / COLUMNS; // rows that a block works on at once
constexpr float EPSILON = 1e-5f;

// Sums of two values over the threads of the same column; every thread gets its column's.
__device__ __forceinline__ float2 column_totals(float first, float second) {
    constexpr int WARPS = THREADS / WARP;
    __shared__ float2 of_warp[COLUMNS][WARPS + 1];
    __shared__ float2 total[COLUMNS];
    for (int distance = COLUMNS; distance < WARP; distance *= 2) {
        first += __shfl_xor_sync(FULL_WARP, first, distance);
        second += __shfl_xor_sync(FULL_WARP, second, distance);
    }
    if (lane_index() < COLUMNS) {
        of_warp[lane_index()][warp_index()] = make_float2(first, second);
    }
    __syncthreads();
    if (warp_index() < COLUMNS) {
        float2 value = of_warp[warp_index()][lane_index()];
        value.x = warp_sum(value.x);
        value.y = warp_sum(value.y);
        if (lane_index() == 0) {
            total[warp_index()] = value;
        }
    }
    __syncthreads();
    return total[threadIdx.x % COLUMNS];
}

// Written so that not a number stays.
__device__ __forceinline__ float relu(float value) { return value <= 0 ? 0 : value; }

extern "C" __global__ void __launch_bounds__(1024) batch_norm_relu_train(Matrix x, const float* gamma, const float* beta, float* running_mean, float* running_variance, float momentum, Matrix y, Matrix saved) {
    int column = blockIdx.x * COLUMNS + threadIdx.x % COLUMNS;
    int first_row = threadIdx.x / COLUMNS;
    bool valid = column < x.columns;
    int rows = valid ? x.rows : 0;

    float sum = 0;
#pragma unroll 8
    for (int row = first_row; row < rows; row += ROWS) {
        sum += x.row(row)[column];
    }
    float mean = column_totals(sum, 0).x / x.rows;

    // The second pass also sums the differences, which corrects the rounding of the first pass's mean.
    float difference_sum = 0;
    float square_sum = 0;
#pragma unroll 8
    for (int row = first_row; row < rows; row += ROWS) {
        float difference = x.row(row)[column] - mean;
        difference_sum += difference;
        square_sum = fmaf(difference, difference, square_sum);
    }
    float2 totals = column_totals(difference_sum, square_sum);
    float correction = totals.x / x.rows;
    mean += correction;
    float squares = fmaxf(totals.y - totals.x * correction, 0);
    float inverse = 1 / sqrtf(squares / x.rows + EPSILON);
    if (valid && first_row == 0) {
        float variance = x.rows > 1 ? squares / (x.rows - 1) : squares;
        running_mean[column] += momentum * (mean - running_mean[column]);
        running_variance[column] += momentum * (variance - running_variance[column]);
        saved.row(0)[column] = mean;
        saved.row(1)[column] = inverse;
    }
    float scale = valid ? gamma[column] : 0;
    float shift = valid ? beta[column] : 0;
#pragma unroll 8
    for (int row = first_row; row < rows; row += ROWS) {
        y.row(row)[column] = relu(fmaf((x.row(row)[column] - mean) * inverse, scale, shift));
    }
}

extern "C" __global__ void __launch_bounds__(1024) batch_norm_relu_backward(Matrix x, Matrix y, const float* gamma, Matrix saved, Matrix dy, Matrix dx, float* dgamma, float* dbeta) {
    int column = blockIdx.x * COLUMNS + threadIdx.x % COLUMNS;
    int first_row = threadIdx.x / COLUMNS;
    bool valid = column < x.columns;
    int rows = valid ? x.rows : 0;
    float mean = valid ? saved.row(0)[column] : 0;
    float inverse = valid ? saved.row(1)[column] : 0;

    float sum = 0;
    float product_sum = 0;
#pragma unroll 4
    for (int row = first_row; row < rows; row += ROWS) {
        float gradient = y.row(row)[column] > 0 ? dy.row(row)[column] : 0;
        sum += gradient;
        product_sum = fmaf(gradient, (x.row(row)[column] - mean) * inverse, product_sum);
    }
    float2 totals = column_totals(sum, product_sum);
    if (valid && first_row == 0) {
        dbeta[column] += totals.x;
        dgamma[column] += totals.y;
    }
    float scale = valid ? gamma[column] * inverse : 0;
    float share = 1.0f / x.rows;
#pragma unroll 4
    for (int row = first_row; row < rows; row += ROWS) {
        float gradient = y.row(row)[column] > 0 ? dy.row(row)[column] : 0;
        float normalised = (x.row(row)[column] - mean) * inverse;
        dx.row(row)[column] += scale * (gradient - share * (totals.x + normalised * totals.y));
    }
}

// y = relu(gamma (x - running mean) / sqrt(running variance + eps) + beta). Assigns y.
extern "C" __global__ void __launch_bounds__(256) batch_norm_relu_inference(Matrix x, const float* gamma, const float* beta, const float* running_mean, const float* running_variance, Matrix y) {
    int width = x.columns;
    bool packed = takes_packs(x, width) && takes_packs(y, width)
        && ((unsigned long long)gamma | (unsigned long long)beta | (unsigned long long)running_mean | (unsigned long long)running_variance) % 16 == 0;
    for_each_pack(packed, x.rows, width, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        Pack<W> value = load<W>(x.row(row) + column);
        Pack<W> mean = load<W>(running_mean + column);
        Pack<W> variance = load<W>(running_variance + column);
        Pack<W> scale = load<W>(gamma + column);
        Pack<W> shift = load<W>(beta + column);
        for (int k = 0; k < W; k++) {
            value[k] = relu(fmaf((value[k] - mean[k]) * (1 / sqrtf(variance[k] + EPSILON)), scale[k], shift[k]));
        }
        store(y.row(row) + column, value);
    });
}
