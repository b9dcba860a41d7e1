// s = x + residual; y = gamma (s - mean) / sqrt(variance + 1e-5) + beta, mean and biased variance of each row. All matrices (N, D); saved
// (N, 2): mean and inverse standard deviation of each row. One warp a row.
// Forward assigns y and saved. Backward, with g = gamma dy and n = (s - mean) inverse, accumulates ds = inverse (g - mean(g) - n mean(g n))
// into both gradients, and dgamma += sums of dy n, dbeta += sums of dy over the rows, in a fixed order.
#include "common/column_sums.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr float EPSILON = 1e-5f;

extern "C" __global__ void __launch_bounds__(256) layer_norm_forward(Matrix x, Matrix residual, const float* gamma, const float* beta, Matrix y, Matrix saved) {
    int row = (int)(grid_thread() / WARP);
    if (row >= x.rows) {
        return;
    }
    const float* left = x.row(row);
    const float* right = residual.row(row);
    float sum = 0;
    for (int c = lane_index(); c < x.columns; c += WARP) {
        sum += left[c] + right[c];
    }
    float mean = warp_sum(sum) / x.columns;
    float squares = 0;
    for (int c = lane_index(); c < x.columns; c += WARP) {
        float difference = left[c] + right[c] - mean;
        squares = fmaf(difference, difference, squares);
    }
    float inverse = 1 / sqrtf(warp_sum(squares) / x.columns + EPSILON);
    if (lane_index() == 0) {
        saved.row(row)[0] = mean;
        saved.row(row)[1] = inverse;
    }
    for (int c = lane_index(); c < x.columns; c += WARP) {
        y.row(row)[c] = fmaf(gamma[c], (left[c] + right[c] - mean) * inverse, beta[c]);
    }
}

extern "C" __global__ void __launch_bounds__(256) layer_norm_backward(Matrix x, Matrix residual, const float* gamma, Matrix saved, Matrix dy, Matrix dx, Matrix dresidual) {
    int row = (int)(grid_thread() / WARP);
    if (row >= x.rows) {
        return;
    }
    const float* left = x.row(row);
    const float* right = residual.row(row);
    const float* upstream = dy.row(row);
    float mean = saved.row(row)[0];
    float inverse = saved.row(row)[1];
    float sum = 0;
    float along = 0;
    for (int c = lane_index(); c < x.columns; c += WARP) {
        float g = gamma[c] * upstream[c];
        sum += g;
        along = fmaf(g, (left[c] + right[c] - mean) * inverse, along);
    }
    sum = warp_sum(sum) / x.columns;
    along = warp_sum(along) / x.columns;
    for (int c = lane_index(); c < x.columns; c += WARP) {
        float normalised = (left[c] + right[c] - mean) * inverse;
        float gradient = inverse * (gamma[c] * upstream[c] - sum - normalised * along);
        dx.row(row)[c] += gradient;
        dresidual.row(row)[c] += gradient;
    }
}

// Grid as add_column_sums has it: dgamma, or with `of_beta` dbeta.
extern "C" __global__ void __launch_bounds__(256) layer_norm_backward_parameters(Matrix x, Matrix residual, Matrix saved, Matrix dy, int of_beta, float* partials, int* counters, float* gradient) {
    add_column_sums(
        [&](int row, int c) {
            float upstream = dy.row(row)[c];
            return of_beta ? upstream : upstream * (x.row(row)[c] + residual.row(row)[c] - saved.row(row)[0]) * saved.row(row)[1];
        },
        x.rows, x.columns, partials, counters, gradient);
}
