// What linear layers need beside their products, which cuBLAS computes. N rows, n tokens a row, D outputs a token.
#include "common/column_sums.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

// y[i, j*D + c] += bias[c]; y (N, n*D), bias (D).
extern "C" __global__ void __launch_bounds__(256) bias_forward(Matrix y, const float* bias, int width) {
    bool packed = takes_packs(y, width) && (unsigned long long)bias % 16 == 0;
    for_each_pack(packed, y.rows, y.columns, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        add_to(y.row(row) + column, load<W>(bias + column % width));
    });
}

// bias_gradient[c] += sum over i and j of dy[i, j*D + c]. Grid and scratch as add_column_sums says.
extern "C" __global__ void __launch_bounds__(256) bias_backward(Matrix dy, int tokens, float* bias_gradient, float* partials, int* counters) {
    int width = dy.columns / tokens;
    add_column_sums(
        [&](int row, int column) { return dy.row(row / tokens)[row % tokens * width + column]; }, dy.rows * tokens, width, partials, counters,
        bias_gradient);
}

// y[i, c] += scale[i] * bias[c]; y (N, D), scale (N, 1), bias (D).
extern "C" __global__ void __launch_bounds__(256) scaled_bias_forward(Matrix y, Matrix scale, const float* bias) {
    bool packed = takes_packs(y, y.columns) && (unsigned long long)bias % 16 == 0;
    for_each_pack(packed, y.rows, y.columns, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        float factor = *scale.row(row);
        Pack<W> addend = load<W>(bias + column);
        for (int k = 0; k < W; k++) {
            addend[k] *= factor;
        }
        add_to(y.row(row) + column, addend);
    });
}

// bias_gradient[c] += sum over i of scale[i] dy[i, c]. Grid and scratch as add_column_sums says.
extern "C" __global__ void __launch_bounds__(256) scaled_bias_backward_bias(Matrix dy, Matrix scale, float* bias_gradient, float* partials, int* counters) {
    add_column_sums(
        [&](int row, int column) { return *scale.row(row) * dy.row(row)[column]; }, dy.rows, dy.columns, partials, counters, bias_gradient);
}

// scale_gradient[i] += dy[i] . bias; one warp a row.
extern "C" __global__ void __launch_bounds__(256) scaled_bias_backward_scale(Matrix dy, const float* bias, Matrix scale_gradient) {
    int row = (int)(grid_thread() / WARP);
    if (row >= dy.rows) {
        return;
    }
    float dot = 0;
    for (int column = lane_index(); column < dy.columns; column += WARP) {
        dot = fmaf(dy.row(row)[column], bias[column], dot);
    }
    dot = warp_sum(dot);
    if (lane_index() == 0) {
        *scale_gradient.row(row) += dot;
    }
}
