// What a SENET block does to its n tokens of width D: their means, and their re-weighting. x (B, n*D), means and scale (B, n). One warp a
// token where a sum over D is formed.
#include "common/reduce.cuh"
#include "common/views.cuh"

// means[b, j] = mean of x[b, j, :]. Assigns means.
extern "C" __global__ void __launch_bounds__(256) token_means_forward(Matrix x, int tokens, Matrix means) {
    int width = x.columns / tokens;
    long long token = grid_thread() / WARP;
    int row = (int)(token / tokens);
    if (row >= x.rows) {
        return;
    }
    int j = (int)(token % tokens);
    const float* values = x.row(row) + j * width;
    float sum = 0;
    for (int column = lane_index(); column < width; column += WARP) {
        sum += values[column];
    }
    sum = warp_sum(sum);
    if (lane_index() == 0) {
        means.row(row)[j] = sum / width;
    }
}

// dx[b, j, :] += dmeans[b, j] / D.
extern "C" __global__ void __launch_bounds__(256) token_means_backward(Matrix dmeans, int tokens, Matrix dx) {
    int width = dx.columns / tokens;
    for_each_pack(takes_packs(dx, width), dx.rows, dx.columns, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        float share = dmeans.row(row)[column / width] / width;
        Pack<W> gradient;
        for (int k = 0; k < W; k++) {
            gradient[k] = share;
        }
        add_to(dx.row(row) + column, gradient);
    });
}

// y[b, j, :] = x[b, j, :] * scale[b, j]. Assigns y.
extern "C" __global__ void __launch_bounds__(256) scale_tokens_forward(Matrix x, Matrix scale, int tokens, Matrix y) {
    int width = x.columns / tokens;
    for_each_pack(takes_packs(x, width) && takes_packs(y, width), x.rows, x.columns, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        float factor = scale.row(row)[column / width];
        Pack<W> value = load<W>(x.row(row) + column);
        for (int k = 0; k < W; k++) {
            value[k] *= factor;
        }
        store(y.row(row) + column, value);
    });
}

// dx += dy * scale; dscale[b, j] += dy[b, j, :] . x[b, j, :].
extern "C" __global__ void __launch_bounds__(256) scale_tokens_backward(Matrix x, Matrix scale, int tokens, Matrix dy, Matrix dx, Matrix dscale) {
    int width = x.columns / tokens;
    long long token = grid_thread() / WARP;
    int row = (int)(token / tokens);
    if (row >= x.rows) {
        return;
    }
    int j = (int)(token % tokens);
    float factor = scale.row(row)[j];
    float dot = 0;
    for (int column = j * width + lane_index(); column < (j + 1) * width; column += WARP) {
        float gradient = dy.row(row)[column];
        dot = fmaf(gradient, x.row(row)[column], dot);
        dx.row(row)[column] += gradient * factor;
    }
    dot = warp_sum(dot);
    if (lane_index() == 0) {
        dscale.row(row)[j] += dot;
    }
}
